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

void put_frame(std::string& to, std::uint16_t number, method_id id, std::uint64_t tag, char flag) {
    char frame[21];
    char* at = store_frame_head(frame, frame_type::method, number, 13);
    at = wire::store(at, id.packed());
    at = wire::store(at, tag);
    *at++ = flag;
    store_frame_end(at);
    to.append(frame, sizeof frame);
}

/// Some clients confirm nothing without these.
const table& properties() {
    static const table capabilities{{"publisher_confirms", true}, {"basic.nack", true}};
    static const table result{{"capabilities", capabilities}};
    return result;
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
                                           .server_properties = properties(),
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
        on_ack(number, arguments);
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
        on_consume(number, arguments);
    } else if (id == q::declare::id) {
        output += test::method(number, q::declare_ok{"q", 0, 0});
    } else if (id == b::cancel::id) {
        where.consumed = false;
        output += test::method(
            number, b::cancel_ok{arguments.substr(1, static_cast<unsigned char>(arguments[0]))});
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
    if (echo_channel_ != 0)
        put_delivery(channels_[echo_channel_]);
    if (!where.confirm)
        return;
    if (options_.confirm_each) {
        put_frame(output, number, b::ack::id, where.published, 0);
    } else if (!where.confirm_due) {
        where.confirm_due = true;
        confirms_due_.push_back(number);
    }
}

void sink::on_consume(std::uint16_t number, std::string_view arguments) {
    b::consume method;
    wire::reader in{arguments};
    wire::decode(in, method);
    const auto tag = method.consumer_tag.empty() ? std::string_view{"c"} : method.consumer_tag;
    auto& where = channels_[number];
    where.consumed = !method.no_ack;
    where.tag_at = frame_head_size + 4 + 1 + tag.size();
    where.message = test::message(number, b::deliver{tag, 0, false, "", "q"},
                                  std::string(options_.body_size, 'x'),
                                  {.delivery_mode = std::uint8_t{2}}, frame_max - frame_overhead);
    output += test::method(number, b::consume_ok{tag});
    if (method.no_ack)
        echo_channel_ = number;
    else
        make_due(number);
}

void sink::on_ack(std::uint16_t number, std::string_view arguments) {
    auto& where = channels_[number];
    const auto tag = wire::load<std::uint64_t>(arguments.data());
    const bool multiple = (static_cast<unsigned char>(arguments[8]) & 1U) != 0;
    const auto settled = multiple ? tag - std::min(tag, where.settled) : 1;
    where.settled += settled;
    settled_ += settled;
    make_due(number);
}

void sink::make_due(std::uint16_t number) {
    auto& where = channels_[number];
    if (!where.consumed || where.delivery_due)
        return;
    where.delivery_due = true;
    deliveries_due_.push_back(number);
}

void sink::put_delivery(channel& where) {
    wire::store(where.message.data() + where.tag_at, ++where.delivered);
    output += where.message;
}

/// One confirm with `multiple` for all that a read brought.
void sink::confirm() {
    if (published_ < options_.confirm_from)
        return;
    for (const auto number : confirms_due_) {
        auto& each = channels_[number];
        each.confirm_due = false;
        if (each.confirm)
            put_frame(output, number, b::ack::id, each.published, 1);
    }
    confirms_due_.clear();
}

void sink::deliver() {
    const auto has_room = [](const channel& each) {
        return each.consumed && each.delivered - each.settled < each.prefetch;
    };
    std::erase_if(deliveries_due_, [&](std::uint16_t number) {
        auto& each = channels_[number];
        while (has_room(each) && output.size() < output_max)
            put_delivery(each);
        each.delivery_due = has_room(each);
        return !each.delivery_due;
    });
}

} // namespace taskwire::bench
