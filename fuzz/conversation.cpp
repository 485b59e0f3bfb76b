#include "conversation.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <variant>

#include <support/allocations.hpp>

#include "target.hpp"
#include "touch.hpp"

namespace taskwire::fuzz {
namespace {

/// An owner who waits for his window; without one it is he who makes the process grow.
constexpr std::size_t queued_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t unconfirmed_count_max = 1000;

/// What leads into deep states.
constexpr std::array usual_requests{
    *spec::find_method(spec::confirm::select::id),
    *spec::find_method(spec::basic::consume::id),
    *spec::find_method(spec::basic::get::id),
    *spec::find_method(spec::basic::cancel::id),
    *spec::find_method(spec::basic::recover::id),
    *spec::find_method(spec::tx::select::id),
    *spec::find_method(spec::connection::update_secret::id),
};

proto::connection_options options() {
    proto::connection_options result;
    result.connection_name = "fuzz";
    result.channel_max = conversation::channel_max;
    result.message_size_max = conversation::message_size_max;
    result.header_size_max = conversation::header_size_max;
    result.input_buffer_size = 64;
    result.unsent_replies_max = 100;
    return result;
}

/// What a body has there: no period that a frame could have, too.
char pattern_at(std::size_t where) {
    return static_cast<char>(where % 251);
}

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = pattern_at(i);
    return bytes;
}

} // namespace

conversation::conversation(listener peer) : peer_(std::move(peer)), machine_(options(), now_) {
    drain();
}

void conversation::receive(std::string_view bytes) {
    while (!bytes.empty() && !closed()) {
        std::size_t size = 0;
        for (const auto room : machine_.inputs()) {
            hold(!room.empty(), "there is always room for input");
            const auto part = bytes.substr(size, room.size());
            std::copy(part.begin(), part.end(), room.begin());
            size += part.size();
        }
        machine_.received(size, now_);
        bytes.remove_prefix(size);
        drain();
    }
}

void conversation::command(std::uint8_t what, input& in) {
    switch (what % command_count) {
    case 0:
        open_channel();
        break;
    case 1:
        request(in, spec::methods);
        break;
    case 2:
    case 3:
        request(in, usual_requests);
        break;
    case 4:
        publish(in);
        break;
    case 5:
        publish_many(in);
        break;
    case 6:
    case 7:
        settle(in);
        break;
    case 8:
        pass(in.octet());
        break;
    case 9:
        machine_.close_channel(pick(in.octet()), now_);
        break;
    case 10: // how fast the socket takes bytes: 0 all at once, 255 none
        write_max_ = in.octet();
        stalled_ = write_max_ == 255;
        break;
    default:
        if (in.octet() == 0)
            machine_.on_lost(std::make_error_code(std::errc::connection_reset));
        else
            machine_.close(now_);
    }
    drain();
}

void conversation::finish() {
    stalled_ = false;
    machine_.on_lost(std::make_error_code(std::errc::connection_reset));
    drain();
    events_.end();
    // What is asked for afterwards fails, and fails at once.
    open_channel();
    drain();
    events_.end();
}

/// The latest channel is 0; the last numbers are the connection.
proto::channel_id conversation::pick(std::uint8_t which) const {
    constexpr std::uint8_t root = 0xf0;
    if (channels_.empty() || which >= root)
        return {};
    return channels_[channels_.size() - 1 - which % channels_.size()];
}

void conversation::open_channel() {
    const auto [channel, request] = machine_.open_channel(now_);
    events_.asked(request);
    events_.opened(channel);
    if (channel.number == 0)
        return;
    hold(channel.number <= machine_.channel_max() && machine_.channel_max() <= channel_max,
         "channels keep to channel_max");
    channels_.push_back(channel);
    tags_[channel.epoch].where = channel;
}

/// Any of these methods that the concept `requestable` lets through.
void conversation::request(input& in, std::span<const spec::method_info> methods) {
    const auto where = pick(in.octet());
    const auto asked = methods[in.octet() % methods.size()].id;
    const auto arguments = in.piece();
    const auto ask = [&]<std::size_t Index>() {
        using method = std::variant_alternative_t<Index, spec::any_method>;
        if constexpr (proto::requestable<method>) {
            if (method::id != asked)
                return;
            events_.asked(machine_.request(where, input::fields<method>(arguments), now_));
            if (const auto known = tags_.find(where.epoch); known != tags_.end())
                known->second.transactional |= method::id == spec::tx::select::id;
        }
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (ask.template operator()<Index>(), ...);
    }
    (std::make_index_sequence<std::variant_size_v<spec::any_method>>{});
}

/// Bodies are small, or in steps of 256 bytes up to several frames; from 16 KiB on they are not
/// copied when handed over, nor what is written at once when lent.
void conversation::publish(input& in) {
    constexpr std::size_t small = 64;
    const auto where = pick(in.octet());
    const auto method = input::fields<spec::basic::publish>(in.piece());
    const auto properties = input::fields<spec::basic::properties>(in.piece());
    const std::size_t step = in.octet();
    auto body = pattern(step < small ? step : (step - small) * 256);
    if (step % 4 == 0)
        publish(where, [&] { return machine_.publish(where, method, properties, body); });
    else if (step % 4 == 2)
        publish(where, [&] {
            const auto result = machine_.publish(where, method, properties, proto::lent_body{body});
            if (!result.error && !stalled_ && !machine_.output().empty())
                write();
            machine_.keep_lent();
            std::ranges::fill(body, '!');
            return result;
        });
    else
        publish(where,
                [&] { return machine_.publish(where, method, properties, std::move(body)); });
}

void conversation::publish_many(input& in) {
    const auto where = pick(in.octet());
    for (auto left = in.octet(); left != 0; --left)
        publish(where, [&] {
            return machine_.publish(where, {.routing_key = "key", .mandatory = left % 2 == 0}, {},
                                    std::string_view{});
        });
}

template <class Publish>
void conversation::publish(proto::channel_id where, Publish&& publish) {
    const auto queued = machine_.queued_bytes();
    const auto known = tags_.find(where.epoch);
    if (queued > queued_bytes_max ||
        (known != tags_.end() && known->second.unconfirmed.size() >= unconfirmed_count_max))
        return;
    const auto [error, sequence] = publish();
    if (error)
        hold(sequence == 0 && machine_.queued_bytes() == queued, "a refused publish is no byte");
    else if (sequence != 0)
        hold(tags_[where.epoch].unconfirmed.insert(sequence).second, "a sequence is used once");
}

void conversation::settle(input& in) {
    const auto where = pick(in.octet());
    const auto what = in.octet();
    const std::uint64_t tag = in.octet();
    const bool multiple = (what & 4U) != 0;
    const bool requeue = (what & 8U) != 0;
    switch (what % 4) {
    case 0:
        return settle(where, spec::basic::ack{tag, multiple}, multiple);
    case 1:
        return settle(where, spec::basic::nack{tag, multiple, requeue}, multiple);
    case 2:
        return settle(where, spec::basic::reject{tag, requeue}, false);
    default:
        machine_.send(where, spec::basic::recover_async{requeue});
    }
}

template <class Method>
void conversation::settle(proto::channel_id where, const Method& method, bool multiple) {
    const auto queued = machine_.queued_bytes();
    if (machine_.send(where, method))
        return hold(machine_.queued_bytes() == queued, "a refused acknowledgement is no byte");
    auto& known = tags_[where.epoch];
    const bool all = multiple && method.delivery_tag == 0;
    if (known.transactional)
        return;
    hold(all || known.unacknowledged.contains(method.delivery_tag),
         "only a delivery that waits for it is acknowledged");
    const auto end = known.unacknowledged.upper_bound(method.delivery_tag);
    if (!multiple)
        known.unacknowledged.erase(method.delivery_tag);
    else
        known.unacknowledged.erase(known.unacknowledged.begin(),
                                   all ? known.unacknowledged.end() : end);
}

/// Tenths of a second; from 200 on, as many seconds more.
void conversation::pass(std::uint8_t amount) {
    constexpr std::uint8_t tenths = 200;
    const auto end = now_ + std::chrono::milliseconds{amount * 100} +
                     std::chrono::seconds{amount > tenths ? amount - tenths : 0};
    while (machine_.deadline() <= end) {
        now_ = std::max(now_, machine_.deadline());
        machine_.on_deadline(now_);
        drain();
        hold(machine_.deadline() > now_, "a deadline that was kept does not come again at once");
    }
    now_ = end;
    machine_.on_deadline(now_); // a timer that fires too early does no harm
}

void conversation::drain() {
    while (const auto* event = poll()) {
        touch(*event);
        events_.note(*event);
        note(*event);
        peer_.told(*event);
    }
    while (!stalled_ && !machine_.output().empty())
        write();
    events_.drained(machine_);
    for (const auto& [epoch, known] : tags_) {
        touch(machine_.reason_of(known.where).text);
        if (!machine_.is_open(known.where))
            continue;
        hold(machine_.unconfirmed_count(known.where) == known.unconfirmed.size(),
             "what is unconfirmed is known to both");
        hold(machine_.unacknowledged_count(known.where) <= known.unacknowledged.size(),
             "only what was delivered is unacknowledged");
    }
}

void conversation::write() {
    std::string bytes;
    for (const auto piece : machine_.output())
        bytes.append(piece);
    hold(!bytes.empty(), "what is to be written is not empty");
    if (write_max_ != 0)
        bytes.resize(std::min(bytes.size(), write_max_));
    bytes_.feed(bytes, [this](const frame& each) {
        check_body(each);
        peer_.wrote(each);
    });
    machine_.sent(bytes.size(), now_);
}

/// Bodies go out as they were when they were published.
void conversation::check_body(const frame& written) {
    auto& at = body_at_[written.channel];
    if (written.type != frame_type::body)
        at = 0;
    else
        for (const char each : written.payload)
            hold(each == pattern_at(at++), "a body is written as it was given");
}

/// Buffers double, and every channel may have a method, a header and a body to put together.
const proto::any_event* conversation::poll() {
    constexpr std::size_t allowed = (channel_max + 1) * 3 * (header_size_max + message_size_max);
    const auto before = test::allocated().bytes;
    const auto* event = machine_.poll();
    hold(test::allocated().bytes - before <= allowed, "polling allocates within the limits");
    return event;
}

void conversation::note(const proto::any_event& event) {
    namespace e = proto::event;
    // Once queued it may be dropped unsent: a second fault can make the transport untrustworthy.
    close_said_ =
        close_said_ || bytes_.close_sent() ||
        (machine_.queued_bytes() != 0 && (machine_.state() == proto::connection_state::closing ||
                                          std::holds_alternative<e::closed>(event)));
    hold(machine_.state() != proto::connection_state::closing || close_said_,
         "connection.close is queued before a violation is reported");
    was_open_ = was_open_ || std::holds_alternative<e::opened>(event);
    if (const auto* closed = std::get_if<e::closed>(&event))
        hold(closed->reason->code != errc::frame_too_large || !was_open_ || close_said_,
             "connection.close is queued before a violation is reported");
    if (const auto* delivery = std::get_if<e::delivery>(&event)) {
        note_delivery(delivery->channel, delivery->method.delivery_tag, *delivery->message);
    } else if (const auto* reply = std::get_if<e::reply>(&event)) {
        spec::basic::get_ok got;
        wire::reader in{reply->arguments};
        if (reply->method == spec::basic::get_ok::id && wire::decode(in, got))
            note_delivery(reply->channel, got.delivery_tag, *reply->message);
    } else if (const auto* settled = std::get_if<e::settled>(&event)) {
        note_settled(*settled);
    } else if (const auto* returned = std::get_if<e::returned>(&event)) {
        hold(returned->sequence == 0 ||
                 tags_[returned->channel.epoch].unconfirmed.contains(returned->sequence),
             "a return precedes its confirm");
    } else if (const auto* ended = std::get_if<e::channel_closed>(&event)) {
        tags_.erase(ended->channel.epoch);
    }
}

void conversation::note_settled(const proto::event::settled& what) {
    auto& unconfirmed = tags_[what.channel.epoch].unconfirmed;
    hold(what.last - what.first < unconfirmed.size(), "a range holds outstanding publishes only");
    for (auto sequence = what.first; sequence <= what.last; ++sequence)
        hold(unconfirmed.erase(sequence) == 1, "a publish is settled once");
}

void conversation::note_delivery(proto::channel_id where, std::uint64_t tag,
                                 const proto::content& message) {
    hold(message.body.size() <= message_size_max, "a body keeps to message_size_max");
    tags_[where.epoch].unacknowledged.insert(tag);
}

} // namespace taskwire::fuzz
