#include "conversation.hpp"

#include <algorithm>
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

proto::connection_options options() {
    proto::connection_options result;
    result.channel_max = conversation::channel_max;
    result.message_size_max = conversation::message_size_max;
    result.header_size_max = conversation::header_size_max;
    result.input_buffer_size = 64;
    result.unsent_replies_max = 100;
    return result;
}

} // namespace

conversation::conversation(listener peer) : peer_(std::move(peer)), machine_(options(), now_) {
    drain();
}

void conversation::receive(std::string_view bytes) {
    while (!bytes.empty() && !closed()) {
        const auto room = machine_.input();
        hold(!room.empty(), "there is always room for input");
        const auto part = bytes.substr(0, room.size());
        std::copy(part.begin(), part.end(), room.begin());
        machine_.received(part.size(), now_);
        bytes.remove_prefix(part.size());
        drain();
    }
}

void conversation::command(std::uint8_t what, input& in) {
    switch (what % command_count) {
    case 0:
        open_channel();
        break;
    case 1:
    case 2:
    case 3:
        request(in);
        break;
    case 4:
    case 5:
        publish(in);
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

/// The latest channel is 0; the last one, 255, is the connection.
proto::channel_id conversation::pick(std::uint8_t which) const {
    if (channels_.empty() || which == 255)
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

/// Any method of the specification that the concept `requestable` lets through.
void conversation::request(input& in) {
    const auto where = pick(in.octet());
    const auto number = in.octet() % spec::methods.size();
    const auto arguments = in.piece();
    const auto ask = [&]<std::size_t Index>() {
        using method = std::variant_alternative_t<Index, spec::any_method>;
        if constexpr (proto::requestable<method>) {
            if (method::id != spec::methods[number].id)
                return;
            events_.asked(machine_.request(where, input::fields<method>(arguments), now_));
            if (const auto known = tags_.find(where.epoch); known != tags_.end())
                known->second.transactional |= method::id == spec::tx::select::id;
        }
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (ask.template operator()<Index>(), ...);
    }(std::make_index_sequence<std::variant_size_v<spec::any_method>>{});
}

/// Bodies are small, or in steps of 256 bytes up to several frames; from 16 KiB on they are handed
/// over without a copy.
void conversation::publish(input& in) {
    constexpr std::size_t small = 64;
    const auto where = pick(in.octet());
    const auto method = input::fields<spec::basic::publish>(in.piece());
    const auto properties = input::fields<spec::basic::properties>(in.piece());
    const std::size_t step = in.octet();
    std::string body(step < small ? step : (step - small) * 256, 'x');
    if (machine_.queued_bytes() > queued_bytes_max)
        return;
    const auto queued = machine_.queued_bytes();
    const auto [error, sequence] = machine_.publish(where, method, properties, std::move(body));
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
    if (machine_.state() == proto::connection_state::closing)
        hold(stalled_ || bytes_.close_sent(), "connection.close precedes the state that awaits it");
    for (const auto& [epoch, known] : tags_)
        hold(!machine_.is_open(known.where) ||
                 machine_.unconfirmed_count(known.where) == known.unconfirmed.size(),
             "what is unconfirmed is known to both");
}

void conversation::write() {
    std::string bytes;
    for (const auto piece : machine_.output())
        bytes.append(piece);
    hold(!bytes.empty(), "what is to be written is not empty");
    if (write_max_ != 0)
        bytes.resize(std::min(bytes.size(), write_max_));
    bytes_.feed(bytes, peer_.wrote);
    machine_.sent(bytes.size(), now_);
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
