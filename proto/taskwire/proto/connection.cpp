#include <taskwire/proto/connection.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace taskwire::proto {

namespace {

/// What a TLS server answers to anything but TLS: an alert. Source: RFC 8446, 5.1.
constexpr char tls_alert = 21;
/// What every version's protocol header starts with.
constexpr std::string_view foreign_header_start = protocol_header.substr(0, 4);

/// Both ways, until tuned: RabbitMQ's initial frame_max since 4.1.
constexpr std::size_t frame_size_before_tune = 8192;

std::string words_of(std::error_code what) try {
    return what.message();
} catch (const std::bad_alloc&) { // there is no memory for them
    return {};
}

} // namespace

connection::connection(connection_options options, time_point now)
    : options_(std::move(options)),
      input_(std::max(options_.input_buffer_size, std::size_t{16})),
      next_epoch_(options_.epoch_first),
      now_(now),
      handshake_or_close_deadline_(now + options_.handshake_timeout),
      last_received_(now),
      last_sent_(now) {
    limits_ = {frame_size_before_tune, frame_size_before_tune};
    root_.state = channel_state::open;
    const auto header = protocol_header;
    std::copy(header.begin(), header.end(), output_.prepare(header.size()));
    output_.commit(header.size());
}

void connection::sent(std::size_t size, time_point now) {
    now_ = now;
    last_sent_ = now;
    output_.sent(size);
    // With a busy connection the queue may never be empty, so what leaves has to count: each takes
    // a frame of that many bytes or more.
    constexpr std::size_t answer_size_min = 12;
    constexpr std::size_t settlement_size_min = 20;
    const auto left = [&](std::size_t count, std::size_t each_min) {
        return output_.empty() ? 0 : count - std::min(count, size / each_min);
    };
    unsent_replies_ = left(unsent_replies_, answer_size_min);
    unsent_settlements_ = left(unsent_settlements_, settlement_size_min);
}

/// First of all nothing may go out any more: it may be memory that is short.
void connection::on_lost(std::error_code why) {
    polite_ = false;
    output_.abandon();
    if (state_ == connection_state::closed)
        return;
    if (why.category() == taskwire_category() && state_ != connection_state::closing)
        die({why, {}, false, {}}); // the transport knows better
    else if (state_ == connection_state::tune && !failure_close_announced_)
        die({errc::login_refused, "the server dropped the connection after the login", true, {}});
    else if (state_ == connection_state::closing)
        die(std::exchange(reason_, {}));
    else
        die({errc::connection_lost, words_of(why), false, {}});
}

const any_event* connection::poll() {
    event_ = std::monostate{};
    retired_.reset();
    if (reported_message_ != nullptr) {
        reported_message_->incoming.end();
        reported_message_ = nullptr;
    }
    // What a confirm has settled comes first: the end of a channel must not make it unknown.
    if (next_settled() || next_notice() || next_frame())
        return &event_;
    return nullptr;
}

/// What needs no bytes from the peer: failures of requests, channels that end, the end itself.
bool connection::next_notice() {
    if (failures_.empty() && dying_.empty() && state_ != connection_state::closed)
        return false; // nearly always
    if (!failures_.empty()) {
        event_ = failures_.pop_front();
        return true;
    }
    if (next_dying())
        return true;
    if (state_ == connection_state::closed && !closed_reported_) {
        closed_reported_ = true;
        event_ = event::closed{&reason_};
        return true;
    }
    return false;
}

bool connection::next_dying() {
    if (state_ == connection_state::closed && !root_.requests.empty()) {
        const auto code = reason_.code ? reason_.code : errc::connection_closed;
        event_ = event::failed{root_.id, root_.requests.pop_front().id, code};
        return true;
    }
    while (!dying_.empty()) {
        auto* which = find(dying_.front());
        if (which != nullptr && !which->requests.empty()) {
            const auto code = which->reason.code ? which->reason.code : errc::channel_closed;
            event_ = event::failed{which->id, which->requests.pop_front().id, code};
            return true;
        }
        dying_.pop_front();
        if (which == nullptr)
            continue;
        const bool was_reported = std::exchange(which->reported, true);
        if (!was_reported)
            event_ = event::channel_closed{which->id, &which->reason};
        if (which->state == channel_state::dying)
            release(*which);
        if (!was_reported)
            return true;
    }
    return false;
}

/// Reports the next range that a confirm with `multiple` covers.
bool connection::next_settled() {
    if (!settling_.active)
        return false;
    if (auto* where = find(settling_.channel); where != nullptr)
        if (const auto run = where->unconfirmed.settle_up_to(settling_.up_to)) {
            event_ = event::settled{where->id, run->first, run->last, settling_.nacked};
            return true;
        }
    settling_.active = false;
    return false;
}

bool connection::next_frame() {
    while (state_ != connection_state::closed) {
        if (bulk_.active) {
            if (!continue_bulk())
                return false;
            if (!std::holds_alternative<std::monostate>(event_) || next_notice())
                return true;
            continue;
        }
        const auto scan = scan_frame(input_.unread(), limits_);
        if (scan.fault) {
            if (foreign_header_begins())
                return false;
            out_of_step(scan);
        } else if (!scan.complete) {
            if (assembling_ != nullptr)
                std::exchange(assembling_, nullptr)->incoming.spill();
            if (!begin_bulk())
                return false;
        } else {
            input_.consume(scan.size);
            on_frame(scan.found);
        }
        if (!std::holds_alternative<std::monostate>(event_) || next_settled() || next_notice())
            return true;
    }
    return false;
}

/// A server of another version answers with a protocol header: true while its rest is due.
bool connection::foreign_header_begins() const {
    const auto unread = input_.unread();
    return state_ == connection_state::start && unread.size() < protocol_header.size() &&
           foreign_header_start.starts_with(unread.substr(0, foreign_header_start.size()));
}

/// The stream cannot be parsed any more: say why if we may, then drop it.
void connection::out_of_step(const frame_scan& scan) {
    const auto unread = input_.unread();
    if (state_ == connection_state::start && unread.starts_with(foreign_header_start)) {
        const auto octet = [&](std::size_t at) {
            return std::to_string(static_cast<unsigned char>(unread[at]));
        };
        polite_ = false;
        return die({errc::version_mismatch,
                    "the server wants AMQP " + octet(5) + "-" + octet(6) + "-" + octet(7),
                    true,
                    {}});
    }
    if (state_ == connection_state::start && unread.front() == tls_alert) {
        polite_ = false;
        return die({errc::tls_required, "it answers with a TLS alert", true, {}});
    }
    const auto fault = static_cast<errc>(scan.fault.value());
    close_reason why{fault, scan.fault.message(), false, {}};
    if (fault == errc::frame_too_large && state_ == connection_state::open)
        begin_close(reply_code::frame_error, "a frame exceeds the negotiated size", {}, why);
    else
        polite_ = false;
    die(std::move(why));
}

void connection::on_deadline(time_point now) {
    now_ = now;
    switch (state_) {
    case connection_state::closed:
        return;
    case connection_state::start:
    case connection_state::tune:
    case connection_state::open_ok:
        if (now >= handshake_or_close_deadline_) {
            polite_ = false;
            return die({errc::handshake_timed_out,
                        "the broker did not finish the handshake in time",
                        false,
                        {}});
        }
        break;
    case connection_state::closing:
        if (now >= handshake_or_close_deadline_) {
            polite_ = false;
            if (!reason_.code)
                reason_ = {
                    errc::close_timed_out, "the broker did not answer connection.close", false, {}};
            return die(std::exchange(reason_, {}));
        }
        return; // no heartbeats: after connection.close nothing may follow but close-ok
    case connection_state::open:
        expire_requests(now);
        expire_closing_channels(now);
        break;
    }
    keep_heartbeat(now);
}

/// Sends a heartbeat after T/2 of silence; ends the connection after 2 T without a byte.
/// Source: AMQP 0-9-1, 4.2.7.
void connection::keep_heartbeat(time_point now) {
    if (heartbeat_.count() == 0)
        return;
    if (now - last_received_ >= 2 * heartbeat_) {
        polite_ = false;
        return die({errc::heartbeat_missed,
                    "nothing received for " + std::to_string(2 * heartbeat_.count()) + " s",
                    false,
                    {}});
    }
    if (now - last_sent_ < heartbeat_ / 2.0)
        return;
    last_sent_ = now;
    if (output_.empty()) { // else bytes are under way, and a stalled socket needs no more of them
        char* to = output_.prepare(frame_overhead);
        store_frame_end(store_frame_head(to, frame_type::heartbeat, 0, 0));
        output_.commit(frame_overhead);
    }
}

/// A late reply would answer the next request, so a request that timed out takes its channel along.
void connection::expire_requests(time_point now) {
    while (!request_timers_.empty() && request_timers_.front().at <= now) {
        const auto expired = request_timers_.pop_front();
        if (expired.channel == root_.id) {
            if (!root_.requests.empty() && root_.requests.front().id == expired.request)
                return violate(reply_code::connection_forced, errc::request_timed_out,
                               "no reply in time", root_.requests.front().method);
            continue;
        }
        auto* where = find(expired.channel);
        if (where == nullptr || !where->accepts_commands() || where->requests.empty() ||
            where->requests.front().id != expired.request)
            continue;
        const auto method = where->requests.pop_front().method;
        failures_.push_back({where->id, expired.request, errc::request_timed_out});
        start_channel_close(*where, reply_code::reply_success, "no reply in time",
                            {errc::request_timed_out,
                             "no reply to " + std::string{spec::method_name(method)}, false,
                             method},
                            now);
    }
}

/// Drops the timers in front whose requests were answered: ids ascend in a channel's queue.
void connection::forget_answered_timers() {
    while (!request_timers_.empty()) {
        const auto& first = request_timers_.front();
        const auto* where = first.channel == root_.id ? &root_ : find(first.channel);
        if (where != nullptr && !where->requests.empty() &&
            where->requests.front().id <= first.request)
            return;
        request_timers_.pop_front();
    }
}

/// Reports channels whose close-ok does not come; their numbers stay in use until it does.
void connection::expire_closing_channels(time_point now) {
    while (!close_timers_.empty() && close_timers_.front().at <= now) {
        const auto expired = close_timers_.pop_front();
        auto* where = find(expired.channel);
        if (where == nullptr || where->state != channel_state::closing || where->reported)
            continue;
        if (!where->reason.code)
            where->reason = {
                errc::close_timed_out, "the broker did not answer channel.close", false, {}};
        dying_.push_back(where->id);
    }
}

time_point connection::deadline() const {
    if (state_ == connection_state::closed)
        return never;
    if (state_ == connection_state::closing)
        return handshake_or_close_deadline_;
    auto next = state_ == connection_state::open ? never : handshake_or_close_deadline_;
    if (heartbeat_.count() != 0) {
        next = std::min(next, last_received_ + 2 * heartbeat_);
        next = std::min(next, last_sent_ + std::chrono::duration_cast<duration>(heartbeat_) / 2);
    }
    if (state_ == connection_state::open) {
        if (!request_timers_.empty())
            next = std::min(next, request_timers_.front().at);
        if (!close_timers_.empty())
            next = std::min(next, close_timers_.front().at);
    }
    return next;
}

/// The peer broke a rule: connection.close is queued before the fault is reported.
void connection::violate(reply_code code, errc what, std::string_view text, method_id method) {
    close_reason why{what, std::string{text}, false, method};
    if (state_ == connection_state::closing)
        return;
    if (state_ != connection_state::open) { // errors before open-ok: no close handshake
        polite_ = false;
        return die(std::move(why));
    }
    begin_close(code, text, method, std::move(why));
}

/// `text` is ours: with its code's name it fits a short string.
void connection::begin_close(reply_code code, std::string_view text, method_id blamed,
                             close_reason why) {
    std::string full{to_string(code)};
    if (code != reply_code::reply_success)
        full.append(" - ").append(text);
    else
        full = text;
    write(0, spec::connection::close{static_cast<std::uint16_t>(code), full, blamed.class_id,
                                     blamed.method_number});
    kill_channels(why);
    reason_ = std::move(why);
    state_ = connection_state::closing;
    handshake_or_close_deadline_ = now_ + options_.close_timeout;
}

void connection::die(close_reason why) {
    if (state_ == connection_state::closed)
        return;
    state_ = connection_state::closed;
    reason_ = std::move(why);
    input_.clear();
    if (!polite_)
        output_.abandon();
    kill_channels(reason_);
}

void connection::kill_channels(const close_reason& why) {
    for (auto& each : channels_)
        if (each && each->state != channel_state::dying)
            kill_channel(*each, why);
}

void connection::kill_channel(channel& which, close_reason why) {
    if (!why.code)
        why.code = errc::connection_closed;
    if (!which.reason.code) // one that was closing for a reason of its own keeps it
        which.reason = std::move(why);
    which.state = channel_state::dying;
    dying_.push_back(which.id);
}

void connection::release(channel& which) {
    const auto number = which.id.number;
    if (assembling_ == &which)
        assembling_ = nullptr;
    if (reported_message_ == &which)
        reported_message_ = nullptr;
    retired_ = std::move(channels_[number]);
    free_numbers_.push_back(number);
}

const close_reason& connection::reason_of(channel_id where) const {
    const auto* found = find(where);
    return found != nullptr && found->reason.code ? found->reason : reason_;
}

} // namespace taskwire::proto
