#include "server.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include <support/frames.hpp>

#include "target.hpp"

namespace taskwire::fuzz {
namespace {

/// Small sizes as they are, half of the octets; then steps up to `largest`, so that work keeps to
/// an input's size.
std::size_t size_of(std::uint8_t octet, std::size_t largest) {
    constexpr std::size_t small = 128;
    return octet < small ? octet : (octet - small + 1) * largest / small;
}

} // namespace

using test::method;
using test::raw_frame;

server::server()
    : client_({[this](const frame& in) { hear(in); },
               [this](const proto::any_event& event) { check(event); }}) {}

void server::greet(input& in) {
    constexpr std::uint32_t frame_max[] = {4096, 0, 8192, 131'072};
    const auto how = in.octet();
    if ((how & 0x80U) != 0) {
        honest_ = false;
        return;
    }
    const table capabilities{{"authentication_failure_close", (how & 1U) != 0}};
    const table properties{{"capabilities", capabilities}};
    say(0, spec::connection::start{0, 9, properties, "AMQPLAIN PLAIN", "en_US"});
    const bool no_heartbeat = (how & 8U) != 0;
    say(0, spec::connection::tune{static_cast<std::uint16_t>((how & 16U) != 0 ? 3 : 0),
                                  frame_max[(how >> 1U) & 3U],
                                  static_cast<std::uint16_t>(no_heartbeat ? 0 : 60)});
    say(0, spec::connection::open_ok{});
}

// What the client writes

void server::hear(const frame& in) {
    if (in.type != frame_type::method)
        return;
    const auto packed = wire::load<std::uint32_t>(in.payload.data());
    const method_id id{static_cast<std::uint16_t>(packed >> 16U),
                       static_cast<std::uint16_t>(packed & 0xffffU)};
    const auto arguments = in.payload.substr(4);
    if (in.channel == 0)
        hear_connection(id, arguments);
    else
        hear_channel(in.channel, id, arguments);
}

/// Does a close blame the other side? A reply that is late and a body that is too large are only
/// limits of our own.
bool server::is_fault(std::string_view close_arguments) {
    spec::connection::close close;
    wire::reader in{close_arguments};
    hold(wire::decode(in, close), "a close can be read");
    const auto code = static_cast<taskwire::reply_code>(close.reply_code);
    return code != reply_code::reply_success && code != reply_code::connection_forced &&
           code != reply_code::content_too_large;
}

void server::hear_connection(method_id id, std::string_view arguments) {
    namespace c = spec::connection;
    if (id == c::close::id) {
        hold(!honest_ || !is_fault(arguments), "an honest server is not accused");
        close_ok_due_ = true;
    } else if (id == c::update_secret::id) {
        channels_[0].asked.push_back(id);
    }
}

void server::hear_channel(std::uint16_t number, method_id id, std::string_view arguments) {
    namespace ch = spec::channel;
    if (id == ch::open::id)
        channels_[number] = {};
    auto& where = channels_[number];
    if (id == ch::close::id) {
        hold(!honest_ || !is_fault(arguments), "an honest server is not accused");
        where.closing = where.close_ok_due = true;
    } else if (id == ch::close_ok::id) {
        where.closed_by_us = false;
        if (!where.close_ok_due)
            channels_.erase(number);
    } else if (id == spec::basic::publish::id) {
        where.published += where.confirming ? 1 : 0;
    } else if (proto::is_reply(id) || !spec::find_method(id)->synchronous) {
        return;
    } else {
        hold(!honest_ || where.asked.empty(), "a channel asks for one thing at a time");
        where.asked.push_back(id);
        where.confirming = where.confirming || id == spec::confirm::select::id;
    }
}

/// What an honest server says is what its client is told.
void server::check(const proto::any_event& event) {
    if (!honest_)
        return;
    if (const auto* delivery = std::get_if<proto::event::delivery>(&event)) {
        const auto& arrived = delivery->message->body;
        hold(arrived == body(delivery->method.delivery_tag, arrived.size()) &&
                 delivery->message->properties.timestamp.value_or(0) == arrived.size(),
             "a message arrives as it was sent");
    } else if (const auto* returned = std::get_if<proto::event::returned>(&event)) {
        const auto& arrived = returned->message->body;
        hold(returned->sequence == 0 || arrived == body(returned->sequence, arrived.size()),
             "a return names the publish that it is about");
    } else if (const auto* settled = std::get_if<proto::event::settled>(&event)) {
        check_settled(*settled);
    }
}

/// Some confirm, not before the one that settled something last, has said so.
void server::check_settled(const proto::event::settled& what) {
    auto& said = channels_[what.channel.number].confirms;
    const auto covers = [&](const confirmation& each) {
        const bool reaches = each.multiple ? each.tag == 0 || what.last <= each.tag
                                           : what.first == each.tag && what.last == each.tag;
        return reaches && each.nacked == what.nacked;
    };
    while (!said.empty() && !covers(said.front()))
        said.pop_front();
    hold(!said.empty(), "a publish is settled as the server said");
}

// What the server says

void server::act(std::uint8_t what, input& in) {
    switch (what % act_count) {
    case 0:
    case 1:
    case 2:
        return answer(in);
    case 3:
    case 4:
        return deliver(in);
    case 5:
        return confirm(in);
    case 6:
        return give_back(in);
    case 7:
        return cancel(in);
    case 8:
        return flow(in);
    case 9:
        return close_channel(in);
    case 10:
        if (in.flag())
            return say(0, spec::connection::blocked{in.piece()});
        return say(0, spec::connection::unblocked{});
    case 11:
        return emit(test::heartbeat());
    case 12:
        return any_method(in);
    case 13: {
        honest_ = false;
        const unsigned type = in.octet();
        const std::uint16_t number = in.octet() % 8;
        return emit(raw_frame(type, number, in.piece()));
    }
    case 14:
        chunk_ = in.octet();
        return emit({});
    default:
        spoil_at_ = in.octet();
        spoil_with_ = in.octet();
    }
}

/// A channel on which something may be said.
server::channel* server::pick(std::uint8_t which, std::uint16_t& number) {
    if (channels_.empty())
        return nullptr;
    const auto found = std::next(channels_.begin(), which % std::ssize(channels_));
    auto& where = found->second;
    number = found->first;
    const bool is_new = !where.asked.empty() && where.asked.front() == spec::channel::open::id;
    if (number == 0 || where.closing || is_new)
        return nullptr;
    finish_message(where);
    return &where;
}

void server::answer(input& in) {
    if (close_ok_due_) {
        close_ok_due_ = false;
        return say(0, spec::connection::close_ok{});
    }
    if (channels_.empty())
        return;
    const auto found = std::next(channels_.begin(), in.octet() % std::ssize(channels_));
    auto& [number, where] = *found;
    finish_message(where);
    if (where.close_ok_due) {
        where.close_ok_due = false;
        const auto closed = number;
        if (!where.closed_by_us)
            channels_.erase(found);
        say(closed, spec::channel::close_ok{});
    } else if (!where.closing && !where.asked.empty()) {
        const auto asked = where.asked.front();
        where.asked.pop_front();
        reply(number, asked, in);
    }
}

/// One of the methods that answer `asked`.
void server::reply(std::uint16_t number, method_id asked, input& in) {
    const auto which = in.octet();
    std::string bytes;
    const auto choose = [&]<class... Replies>(wire::method_list<Replies...>) {
        std::size_t at = 0;
        ((at++ == which % sizeof...(Replies) ? void(bytes = encode_reply<Replies>(number, in))
                                             : void()),
         ...);
    };
    const auto look_at = [&]<class Method>(std::type_identity<Method>) {
        if constexpr (Method::replies::size != 0)
            if (Method::id == asked)
                choose(typename Method::replies{});
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (look_at(std::type_identity<std::variant_alternative_t<Index, spec::any_method>>{}), ...);
    }
    (std::make_index_sequence<std::variant_size_v<spec::any_method>>{});
    emit(std::move(bytes));
}

template <class Reply>
std::string server::encode_reply(std::uint16_t number, input& in) {
    const auto answer = input::fields<Reply>(in.piece());
    if constexpr (Reply::has_content)
        return test::message(number, answer, body(0, in.octet()));
    else
        return method(number, answer);
}

/// Octets that count up from the tag, so that a body can be judged by itself.
std::string server::body(std::uint64_t tag, std::size_t size) {
    std::string bytes(size, '\0');
    std::generate(bytes.begin(), bytes.end(),
                  [at = tag]() mutable { return static_cast<char>(at++ & 0xffU); });
    return bytes;
}

/// A message, its pieces of any size; what follows a cut comes before the channel's next word.
void server::deliver(input& in) {
    std::uint16_t number = 0;
    auto* where = pick(in.octet(), number);
    const auto consumer = in.piece();
    auto properties = input::fields<spec::basic::properties>(in.piece());
    const auto size = size_of(in.octet(), conversation::message_size_max + 100); // or too large
    const std::size_t piece_max = std::size_t{in.octet()} * 16 + 16;
    const std::size_t sent_at_once = in.octet();
    if (where == nullptr)
        return;
    properties.timestamp = size;
    const auto tag = where->next_tag++;
    where->frames.push_back(method(
        number, spec::basic::deliver{consumer, tag, sent_at_once % 2 != 0, "exchange", "key"}));
    where->frames.push_back(test::header(number, size, properties));
    const auto bytes = body(tag, size);
    for (std::size_t at = 0; at < size; at += piece_max)
        where->frames.push_back(
            test::body(number, std::string_view{bytes}.substr(at, std::min(piece_max, size - at))));
    for (std::size_t sent = 0; sent < sent_at_once && !where->frames.empty(); ++sent) {
        emit(std::move(where->frames.front()));
        where->frames.pop_front();
    }
}

void server::finish_message(channel& where) {
    for (auto& each : std::exchange(where.frames, {}))
        emit(std::move(each));
}

/// A return of the last publish, or of none.
void server::give_back(input& in) {
    std::uint16_t number = 0;
    const auto* where = pick(in.octet(), number);
    if (where == nullptr)
        return;
    table headers;
    std::uint64_t sequence = 0;
    if (const auto back = in.octet(); back != 0) {
        sequence = where->published - back + 1;
        headers.append(proto::return_correlation_header, static_cast<std::int64_t>(sequence));
    }
    const auto bytes = body(sequence, in.octet());
    emit(test::message(number, spec::basic::return_{312, "NO_ROUTE", "", "key"}, bytes,
                       {.headers = headers}));
}

void server::confirm(input& in) {
    std::uint16_t number = 0;
    auto* where = pick(in.octet(), number);
    const auto what = in.octet();
    const std::uint64_t back = in.octet();
    if (where == nullptr)
        return;
    auto tag = where->published > back ? where->published - back : back;
    const bool multiple = (what & 1U) != 0;
    const bool nacked = (what & 2U) != 0;
    do { // one by one up to the last, or once
        where->confirms.push_back({tag, multiple, nacked});
        if (nacked)
            say(number, spec::basic::nack{tag, multiple, false});
        else
            say(number, spec::basic::ack{tag, multiple});
    } while ((what & 4U) != 0 && tag++ < where->published);
}

void server::cancel(input& in) {
    std::uint16_t number = 0;
    if (pick(in.octet(), number) != nullptr)
        say(number, spec::basic::cancel{in.piece()});
}

/// Once or, as a client that never reads its answers sees it, again and again.
void server::flow(input& in) {
    constexpr int many = 200;
    std::uint16_t number = 0;
    if (pick(in.octet(), number) == nullptr)
        return;
    const auto what = in.octet();
    for (int left = what < many ? 1 : what; left != 0; --left)
        say(number, spec::channel::flow{(what & 1U) != 0});
}

void server::close_channel(input& in) {
    std::uint16_t number = 0;
    auto* where = pick(in.octet(), number);
    if (where == nullptr)
        return;
    where->closing = where->closed_by_us = true;
    say(number, input::fields<spec::channel::close>(in.piece()));
}

/// Any method of the specification, on any channel: legal by chance.
void server::any_method(input& in) {
    honest_ = false;
    const std::uint16_t number = in.octet() % 8;
    const auto& info = spec::methods[in.octet() % spec::methods.size()];
    emit(test::raw_method(number, info.id, in.piece()));
}

template <class Method>
void server::say(std::uint16_t number, const Method& what) {
    emit(method(number, what));
}

/// Bytes go out spoiled when that is due, and in the pieces that the input wants.
void server::emit(std::string bytes) {
    if (spoil_with_ != 0 && !bytes.empty()) {
        honest_ = false;
        auto& octet = bytes[std::exchange(spoil_at_, 0) % bytes.size()];
        octet = static_cast<char>(octet ^ std::exchange(spoil_with_, 0));
    }
    held_ += bytes;
    if (chunk_ == 255)
        return;
    const auto out = std::exchange(held_, {});
    const auto size = chunk_ == 0 ? std::max<std::size_t>(out.size(), 1) : size_of(chunk_, 4096);
    for (std::size_t at = 0; at < out.size(); at += size)
        client_.receive(std::string_view{out}.substr(at, size));
}

} // namespace taskwire::fuzz
