#include <taskwire/proto/connection.hpp>

#include <algorithm>
#include <utility>

/// What users ask for, on its way to the wire.
namespace taskwire::proto {

namespace {

/// Body bytes in a frame when the peer sets no limit.
constexpr std::size_t payload_max_unlimited = std::size_t{128} * 1024;

} // namespace

channel* connection::find(channel_id where) const {
    if (where.number >= channels_.size())
        return nullptr;
    auto* found = channels_[where.number].get();
    return found != nullptr && found->id == where ? found : nullptr;
}

std::size_t connection::payload_max() const {
    return frame_max_ == 0 ? payload_max_unlimited : frame_max_ - frame_overhead;
}

void connection::fail(channel_id where, request_id request, std::error_code why) {
    failures_.push_back({where, request, why});
}

open_channel_result connection::open_channel(time_point now) {
    const auto request = next_request_++;
    if (state_ != connection_state::open) {
        fail({}, request, errc::connection_closed);
        return {{}, request};
    }
    if (channels_.empty())
        channels_.resize(1); // number 0 is the connection itself
    if (free_numbers_.empty()) {
        if (channels_.size() > channel_max_) {
            fail({}, request, errc::channels_exhausted);
            return {{}, request};
        }
        free_numbers_.push_back(static_cast<std::uint16_t>(channels_.size()));
        channels_.emplace_back();
    }
    const auto number = free_numbers_.back();
    free_numbers_.pop_back();
    const channel_id id{number, next_epoch_++};
    channels_[number] = std::make_unique<channel>(id);
    auto open = encode_method(spec::channel::open{});
    channels_[number]->requests.push_back({request, open.id, std::move(open.arguments), false});
    request_timers_.push_back({now + options_.request_timeout, id, request});
    send_next_request(*channels_[number]);
    return {id, request};
}

request_id connection::request(channel_id where, encoded_method method, time_point now) {
    const auto request = next_request_++;
    const bool on_root = where == root_.id;
    const bool of_connection = method.id.class_id == spec::connection::start::id.class_id;
    auto* target = on_root ? &root_ : find(where);
    std::error_code fault = method.fault;
    if (!fault && 4 + method.arguments.size() > payload_max())
        fault = errc::header_exceeds_frame_max;
    if (!fault && state_ != connection_state::open)
        fault = errc::connection_closed;
    if (!fault && (target == nullptr || !target->accepts_commands()))
        fault = errc::channel_closed;
    if (!fault && on_root && !of_connection)
        fault = errc::channel_closed; // {0, 0} is also what a refused open_channel gave out
    if (!fault && !on_root && of_connection)
        fault = errc::unexpected_method;
    if (!fault && method.id == spec::confirm::select::id &&
        (target->tx_mode || target->has_request(spec::tx::select::id)))
        fault = errc::transaction_and_confirm;
    if (!fault && method.id == spec::tx::select::id &&
        (target->confirm_mode || target->has_request(spec::confirm::select::id)))
        fault = errc::transaction_and_confirm;
    if (fault) {
        fail(where, request, fault);
        return request;
    }
    target->requests.push_back({request, method.id, std::move(method.arguments), false});
    request_timers_.push_back({now + options_.request_timeout, where, request});
    send_next_request(*target);
    return request;
}

/// One synchronous method per channel at a time. Source: AMQP 0-9-1, 2.2.2.
void connection::send_next_request(channel& where) {
    if (where.requests.empty() || where.requests.front().sent)
        return;
    auto& next = where.requests.front();
    next.sent = true;
    note_sent(where, next.method);
    write_method(where.id.number, next.method, next.arguments);
    if (next.method == spec::connection::update_secret::id)
        wipe(next.arguments);
}

void connection::note_sent(channel& where, method_id method) {
    if (method == spec::confirm::select::id)
        where.confirm_mode = true;
    else if (method == spec::tx::select::id)
        where.tx_mode = true;
    else if (method == spec::basic::recover::id)
        where.begin_recover();
}

void connection::write_method(std::uint16_t where, method_id id, std::string_view arguments) {
    const auto size = 4 + arguments.size();
    char* to = output_.prepare(size + frame_overhead);
    to = store_frame_head(to, frame_type::method, where, size);
    to = wire::store(to, id.packed());
    to = std::copy(arguments.begin(), arguments.end(), to);
    store_frame_end(to);
    output_.commit(size + frame_overhead);
}

/// An acknowledgement reaches the wire only for a delivery of the channel's present incarnation
/// that is still outstanding: the broker would close the channel for any other (406).
std::error_code connection::settle(channel_id where, std::uint64_t& delivery_tag, bool multiple) {
    auto* target = find(where);
    if (target == nullptr || !target->accepts_commands())
        return errc::stale_delivery;
    return target->settle_delivery(delivery_tag, multiple);
}

void connection::hand_back(channel_id where, std::uint64_t delivery_tag) {
    if (!settle(where, delivery_tag, false) && answer_peer())
        write(where.number, spec::basic::nack{delivery_tag, false, true});
}

/// A message that something thrown has cut short, or that is still in the caller's memory, must not
/// go out.
template <class Write>
publish_result connection::all_or_nothing(Write&& write) {
    try {
        return write();
    } catch (...) {
        on_lost(std::make_error_code(std::errc::not_enough_memory));
        throw;
    }
}

publish_result connection::publish(channel_id where, const spec::basic::publish& method,
                                   const spec::basic::properties& properties,
                                   std::string_view body) {
    return all_or_nothing([&] {
        const auto result = write_content(where, method, properties, lent_body{body});
        keep_lent();
        return result;
    });
}

publish_result connection::publish(channel_id where, const spec::basic::publish& method,
                                   const spec::basic::properties& properties, lent_body body) {
    return all_or_nothing([&] { return write_content(where, method, properties, body); });
}

publish_result connection::publish(channel_id where, const spec::basic::publish& method,
                                   const spec::basic::properties& properties, std::string&& body) {
    return all_or_nothing(
        [&] { return write_content(where, method, properties, std::move(body)); });
}

/// Method, header and bodies go out as one run: nothing else of the channel may come in between.
template <class Body>
publish_result connection::write_content(channel_id where, const spec::basic::publish& method,
                                         const spec::basic::properties& properties, Body&& body) {
    auto* target = find(where);
    if (target == nullptr || !target->accepts_commands())
        return {errc::channel_closed};
    if (!target->flow_active)
        return {errc::flow_stopped};

    const auto* sent_properties = &properties;
    spec::basic::properties correlated;
    if (method.mandatory && target->confirm_mode) {
        correlated = properties;
        correlate(correlated, target->next_sequence);
        sent_properties = &correlated;
    }
    const auto method_size = wire::measure(method);
    const auto list_size = wire::measure(*sent_properties);
    if (method_size.fault != errc{})
        return {method_size.fault};
    if (list_size.fault != errc{})
        return {list_size.fault};
    const auto header_size = content_header_fixed_size + 2 + list_size.size;
    if (header_size > payload_max())
        return {errc::header_exceeds_frame_max};

    const auto size = method_frame_overhead + method_size.size + frame_overhead + header_size;
    char* to = put_method(output_.prepare(size), where.number, method, method_size.size);
    to = store_frame_head(to, frame_type::header, where.number, header_size);
    to = wire::store(to, spec::basic::properties::class_id);
    to = wire::store(to, std::uint16_t{0});
    to = wire::store(to, static_cast<std::uint64_t>(body.size()));
    store_frame_end(wire::encode_properties(to, *sent_properties));
    output_.commit(size);
    write_bodies(where.number, std::forward<Body>(body));

    if (!target->confirm_mode)
        return {};
    target->unconfirmed.open(target->next_sequence);
    return {{}, target->next_sequence++};
}

/// Puts the sequence number in front of the headers. A number that a former publish left there,
/// because the message was received and is sent on, is dropped.
void connection::correlate(spec::basic::properties& properties, std::uint64_t sequence) {
    scratch_.clear();
    scratch_.append(1, static_cast<char>(return_correlation_header.size()));
    scratch_.append(return_correlation_header).append(1, static_cast<char>(field_kind::int64));
    scratch_.resize(scratch_.size() + sizeof sequence);
    wire::store(scratch_.data() + scratch_.size() - sizeof sequence, sequence);
    const auto headers = properties.headers.value_or(table_view{});
    if (!headers.find(return_correlation_header)) {
        scratch_.append(headers.bytes());
    } else {
        table kept{headers};
        kept.erase(return_correlation_header);
        scratch_.append(kept.view().bytes());
    }
    properties.headers = table_view::of_validated(scratch_);
}

void connection::write_bodies(std::uint16_t where, lent_body lent) {
    auto body = lent.bytes;
    if (body.size() >= output_queue::gather_size_min)
        return splice_bodies(where, output_.lend(body));
    while (!body.empty()) {
        const auto chunk = body.substr(0, payload_max());
        char* to = output_.prepare(chunk.size() + frame_overhead);
        to = store_frame_head(to, frame_type::body, where, chunk.size());
        store_frame_end(std::copy(chunk.begin(), chunk.end(), to));
        output_.commit(chunk.size() + frame_overhead);
        body.remove_prefix(chunk.size());
    }
}

void connection::write_bodies(std::uint16_t where, std::string&& body) {
    if (body.size() < output_queue::gather_size_min)
        return write_bodies(where, lent_body{body});
    splice_bodies(where, output_.adopt(std::move(body)));
}

/// Frames around the pieces of a body that stays where it is.
void connection::splice_bodies(std::uint16_t where, std::string_view rest) {
    while (!rest.empty()) {
        const auto chunk = rest.substr(0, payload_max());
        store_frame_head(output_.prepare(frame_head_size), frame_type::body, where, chunk.size());
        output_.commit(frame_head_size);
        output_.append_adopted(chunk);
        store_frame_end(output_.prepare(1));
        output_.commit(1);
        rest.remove_prefix(chunk.size());
    }
}

void connection::close_channel(channel_id where, time_point now) {
    auto* target = find(where);
    if (target != nullptr && target->accepts_commands())
        start_channel_close(*target, reply_code::reply_success, "bye", {}, now);
}

/// Sends channel.close. The requests that wait fail now; what the channel still receives is
/// discarded until close-ok.
void connection::start_channel_close(channel& where, reply_code code, std::string_view text,
                                     close_reason why, time_point now) {
    while (!where.requests.empty())
        fail(where.id, where.requests.pop_front().id, why.code ? why.code : errc::channel_closed);
    write(where.id.number, spec::channel::close{static_cast<std::uint16_t>(code), text,
                                                why.method.class_id, why.method.method_number});
    where.reason = std::move(why);
    where.state = channel_state::closing;
    where.incoming.end();
    close_timers_.push_back({now + options_.close_timeout, where.id, 0});
}

void connection::close(time_point now) {
    now_ = now;
    switch (state_) {
    case connection_state::closing:
    case connection_state::closed:
        return;
    case connection_state::open:
        return begin_close(reply_code::reply_success, "bye", {}, {});
    case connection_state::start:
    case connection_state::tune:
    case connection_state::open_ok:
        polite_ = false;
        return die({});
    }
}

// --- what can be asked of a channel

bool connection::is_open(channel_id where) const {
    const auto* found = find(where);
    return found != nullptr && found->state == channel_state::open;
}

std::size_t connection::unconfirmed_count(channel_id where) const {
    const auto* found = find(where);
    return found == nullptr ? 0 : found->unconfirmed.outstanding();
}

std::size_t connection::unacknowledged_count(channel_id where) const {
    const auto* found = find(where);
    return found == nullptr ? 0 : found->unacknowledged.outstanding();
}

} // namespace taskwire::proto
