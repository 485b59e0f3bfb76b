#include "sink.hpp"

#include <algorithm>

#include <support/frames.hpp>
#include <taskwire/frame.hpp>
#include <taskwire/wire.hpp>

namespace taskwire::bench {
namespace {

namespace b = spec::basic;
namespace c = spec::connection;
namespace ch = spec::channel;
namespace q = spec::queue;

constexpr std::size_t output_max = std::size_t{256} * 1024;
constexpr std::size_t frame_max = std::size_t{128} * 1024;
constexpr std::size_t tag_at = 7 + 4 + 2; ///< in a delivery to the consumer "c"

void put_frame(std::string& to, std::uint16_t number, method_id id, std::uint64_t tag, char flag) {
    char frame[21];
    char* at = store_frame_head(frame, frame_type::method, number, 13);
    at = wire::store(at, id.packed());
    at = wire::store(at, tag);
    *at++ = flag;
    store_frame_end(at);
    to.append(frame, sizeof frame);
}

std::string consumer_of(std::string_view arguments) {
    b::consume method;
    wire::reader in{arguments};
    wire::decode(in, method);
    return method.consumer_tag.empty() ? "c" : std::string{method.consumer_tag};
}

} // namespace

bool sink::received(std::string_view bytes) {
    const auto skipped = std::min(body_left_, bytes.size());
    body_left_ -= skipped;
    bytes.remove_prefix(skipped);
    if (skipped != 0 && body_left_ == 0)
        on_body(body_channel_);
    if (!partial_.empty()) {
        partial_.append(bytes);
        const auto joined = std::exchange(partial_, {});
        partial_ = joined.substr(take(joined));
    } else {
        const auto used = take(bytes);
        partial_.assign(bytes.substr(used));
    }
    confirm();
    return !closing_;
}

/// Handles whole frames, and of body frames only the head; returns how far it came.
std::size_t sink::take(std::string_view bytes) {
    std::size_t at = 0;
    if (bytes.substr(at).starts_with(protocol_header)) {
        at += protocol_header.size();
        output += test::method(0, c::start{.version_major = 0,
                                           .version_minor = 9,
                                           .mechanisms = "PLAIN AMQPLAIN",
                                           .locales = "en_US"});
    }
    while (bytes.size() - at >= frame_head_size && body_left_ == 0) {
        const auto type = static_cast<unsigned char>(bytes[at]);
        const auto number = wire::load<std::uint16_t>(bytes.data() + at + 1);
        const std::size_t size = wire::load<std::uint32_t>(bytes.data() + at + 3) + frame_overhead;
        if (type == spec::frame_body) {
            const auto here = std::min(size, bytes.size() - at);
            at += here;
            body_left_ = size - here;
            body_channel_ = number;
            channels_[number].body_due -= size - frame_overhead;
            if (body_left_ == 0)
                on_body(number);
            continue;
        }
        if (bytes.size() - at < size)
            break;
        if (type == spec::frame_method) {
            const auto packed = wire::load<std::uint32_t>(bytes.data() + at + frame_head_size);
            on_method(number,
                      {static_cast<std::uint16_t>(packed >> 16U),
                       static_cast<std::uint16_t>(packed & 0xffffU)},
                      bytes.substr(at + frame_head_size + 4, size - frame_overhead - 4));
        } else if (type == spec::frame_header) {
            channels_[number].body_due =
                wire::load<std::uint64_t>(bytes.data() + at + frame_head_size + 4);
            on_body(number);
        }
        at += size;
    }
    return at;
}

void sink::on_method(std::uint16_t number, method_id id, std::string_view arguments) {
    if (channels_.size() <= number)
        channels_.resize(number + std::size_t{1});
    auto& where = channels_[number];
    if (id == b::ack::id) {
        on_ack(where, arguments);
    } else if (id == c::start_ok::id) {
        output +=
            test::method(0, c::tune{2047, static_cast<std::uint32_t>(frame_max), std::uint16_t{0}});
    } else if (id == c::open::id) {
        output += test::method(0, c::open_ok{});
    } else if (id == ch::open::id) {
        where = {};
        output += test::method(number, ch::open_ok{});
    } else if (id == spec::confirm::select::id) {
        where.confirm = true;
        output += test::method(number, spec::confirm::select_ok{});
    } else if (id == b::qos::id) {
        where.prefetch = wire::load<std::uint16_t>(arguments.data() + 4);
        output += test::method(number, b::qos_ok{});
    } else if (id == b::consume::id) {
        where.consumed = true;
        output += test::method(number, b::consume_ok{consumer_of(arguments)});
        where.message = test::message(
            number, b::deliver{"c", 0, false, "", "q"}, std::string(options_.body_size, 'x'),
            {.delivery_mode = std::uint8_t{2}}, frame_max - frame_overhead);
    } else if (id == q::declare::id) {
        output += test::method(number, q::declare_ok{"q", 0, 0});
    } else if (id == b::cancel::id) {
        where.consumed = false;
        output += test::method(number, b::cancel_ok{"c"});
    } else if (id == ch::close::id) {
        where = {};
        output += test::method(number, ch::close_ok{});
    } else if (id == c::close::id) {
        output += test::method(0, c::close_ok{});
        closing_ = true;
    }
}

/// Some of a message's body has come, or none is due: its last byte makes it a publish.
void sink::on_body(std::uint16_t number) {
    auto& where = channels_[number];
    if (where.body_due != 0)
        return;
    ++published_;
    ++where.published;
    if (options_.confirm_each && where.confirm)
        put_frame(output, number, b::ack::id, where.published, 0);
}

void sink::on_ack(channel& where, std::string_view arguments) {
    const auto tag = wire::load<std::uint64_t>(arguments.data());
    const bool multiple = (static_cast<unsigned char>(arguments[8]) & 1U) != 0;
    const auto settled = multiple ? tag - std::min(tag, where.settled) : 1;
    where.settled += settled;
    settled_ += settled;
}

/// One confirm with `multiple` for all that a read brought.
void sink::confirm() {
    if (options_.confirm_each)
        return;
    for (std::size_t i = 1; i < channels_.size(); ++i) {
        auto& each = channels_[i];
        if (!each.confirm || each.confirmed == each.published)
            continue;
        each.confirmed = each.published;
        put_frame(output, static_cast<std::uint16_t>(i), b::ack::id, each.confirmed, 1);
    }
}

void sink::deliver() {
    for (auto& each : channels_)
        while (each.consumed && each.delivered - each.settled < each.prefetch &&
               output.size() < output_max) {
            wire::store(each.message.data() + tag_at, ++each.delivered);
            output += each.message;
        }
}

} // namespace taskwire::bench
