#include <taskwire/proto/channel.hpp>

#include <algorithm>

namespace taskwire::proto {

namespace {
/// What an idle channel keeps of a large body's memory for the next one.
constexpr std::size_t kept_body_max = std::size_t{1} << 20U;
} // namespace

void assembly::begin(method_id method, std::string_view arguments) {
    active_ = true;
    header_seen_ = false;
    method_ = method;
    arguments_ = arguments;
    body_size_ = received_ = 0;
    message_.body = {};
    message_.body_memory = nullptr;
    body_owned_.clear();
    body_owned_.shrink_above(kept_body_max);
}

std::error_code assembly::add_header(std::string_view payload, const connection_options& limits) {
    content_header header;
    if (header_seen_)
        return reply_code::unexpected_frame;
    if (!parse_content_header(payload, header))
        return reply_code::frame_error;
    if (header.class_id != method_.class_id)
        return reply_code::frame_error;
    if (header.weight != 0)
        return reply_code::unexpected_frame;
    if (header.body_size > limits.message_size_max)
        return reply_code::content_too_large;
    message_.property_list = header.property_list;
    table_depth_max_ = limits.table_depth_max;
    message_.properties = {};
    wire::reader in{message_.property_list, table_depth_max_};
    if (!wire::decode_properties(in, message_.properties))
        return reply_code::syntax_error;
    header_seen_ = true;
    body_size_ = header.body_size;
    return {};
}

std::error_code assembly::add_body(std::string_view payload) {
    if (!header_seen_)
        return reply_code::unexpected_frame;
    if (payload.size() > body_size_ - received_)
        return reply_code::frame_error;
    received_ += payload.size();
    if (received_ == body_size_ && body_owned_.empty()) {
        message_.body = payload; // the whole body in one frame: no copy
        message_.body_memory = nullptr; // an empty frame before it has made one
        return {};
    }
    body_owned_.reserve(room_for(body_owned_.size() + payload.size()));
    body_owned_.append(payload);
    note_own_body();
    return {};
}

std::size_t assembly::room_for(std::size_t size) const {
    constexpr std::size_t step = std::size_t{1} << 20U;
    const auto ahead = size < step ? std::min(size * 64, step) : size * 2;
    return size <= body_owned_.capacity() ? size : std::min<std::size_t>(body_size_, ahead);
}

void assembly::add_lent_body(byte_buffer body, std::size_t payload_size) {
    body_owned_ = std::move(body);
    received_ += payload_size;
    note_own_body();
}

void assembly::note_own_body() {
    message_.body = body_owned_.view();
    message_.body_memory = &body_owned_;
}

void assembly::spill() {
    if (arguments_.data() != arguments_owned_.data()) {
        arguments_owned_.assign(arguments_);
        arguments_ = arguments_owned_;
    }
    if (header_seen_ && message_.property_list.data() != properties_owned_.data()) {
        properties_owned_.assign(message_.property_list);
        message_.property_list = properties_owned_;
        message_.properties = {};
        wire::reader in{message_.property_list, table_depth_max_};
        wire::decode_properties(in, message_.properties);
    }
}

bool channel::has_request(method_id method) const {
    for (std::size_t i = 0; i < requests.size(); ++i)
        if (requests[i].method == method)
            return true;
    return false;
}

void channel::note_delivery(std::string_view consumer_tag, std::uint64_t delivery_tag) {
    if (recovering)
        return;
    if (no_ack_consumers_.empty() || !no_ack_consumers_.contains(consumer_tag))
        unacknowledged.open(delivery_tag);
}

void channel::begin_recover() {
    unacknowledged.clear();
    recovering = true;
}

void channel::note_got(bool no_ack, std::uint64_t delivery_tag) {
    if (!no_ack)
        unacknowledged.open(delivery_tag);
}

void channel::note_consumer(std::string_view consumer_tag, bool no_ack) {
    if (no_ack)
        no_ack_consumers_.emplace(consumer_tag);
    else
        erase_no_ack(consumer_tag);
}

void channel::erase_no_ack(std::string_view consumer_tag) {
    if (const auto found = no_ack_consumers_.find(consumer_tag); found != no_ack_consumers_.end())
        no_ack_consumers_.erase(found);
}

std::error_code channel::settle_delivery(std::uint64_t& delivery_tag, bool multiple) {
    const bool all = multiple && delivery_tag == 0;
    // In a transaction a rollback gives settled deliveries back: only the broker knows.
    if (!all && !tx_mode && !unacknowledged.is_outstanding(delivery_tag))
        return errc::unknown_delivery_tag;
    if (!multiple) {
        unacknowledged.settle(delivery_tag);
        return {};
    }
    const auto last = all ? unacknowledged.last_outstanding() : delivery_tag;
    while (unacknowledged.settle_up_to(last)) {
    }
    if (!tx_mode)
        delivery_tag = last;
    return {};
}

} // namespace taskwire::proto
