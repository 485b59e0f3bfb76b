#include <taskwire/detail/publisher_core.hpp>

#include <algorithm>

namespace taskwire {

const char* to_string(publish_outcome::kind what) {
    switch (what) {
    case publish_outcome::kind::confirmed:
        return "confirmed";
    case publish_outcome::kind::returned:
        return "returned";
    case publish_outcome::kind::nacked:
        return "nacked";
    case publish_outcome::kind::unknown:
        return "unknown";
    case publish_outcome::kind::refused:
        return "refused";
    }
    return "unknown";
}

} // namespace taskwire

namespace taskwire::detail {
namespace {

using kind = publish_outcome::kind;

publish_outcome refused(errc why) {
    const std::error_code code = why;
    return publish_outcome{kind::refused, code, code.message()};
}

publish_outcome ended(kind what, const failure& why) {
    return publish_outcome{what, why.code, describe(why)};
}

} // namespace

void publisher_core::bind(std::shared_ptr<channel_core> channel) {
    channel_ = std::move(channel);
    channel_->attach(shared_from_this());
    first_sequence_ = 1;
    const auto deadline = std::chrono::steady_clock::now() + options_.confirm_timeout;
    if (options_.on_loss == on_loss::publish_again)
        for (std::size_t i = 0; i < waiting_.size(); ++i)
            waiting_[i].state.deadline = deadline;
    admit_waiting();
    arm_timer();
}

bool publisher_core::is_writable() const {
    if (!channel_ || !channel_->flow_active())
        return false;
    const auto& machine = channel_->owner().machine();
    return !machine.blocked() && machine.is_open(channel_->id());
}

bool publisher_core::has_room(std::size_t size) const {
    if (!is_writable())
        return false;
    if (pending_count_ == 0)
        return true; // a message above the window must go out some time
    return pending_count_ < options_.unconfirmed_count_max &&
           pending_bytes_ + size <= options_.unconfirmed_bytes_max;
}

void publisher_core::publish(outgoing message, operation_id operation, outcome_callback done) {
    if (message.fault() != errc{})
        return done(refused(message.fault()));
    if (ended_)
        return done(ended(kind::refused, ended_));
    const auto size = message.body_size();
    entry state{operation, std::move(done),
                size,      std::chrono::steady_clock::now() + options_.confirm_timeout,
                nullptr,   nullptr,
                false,     false};
    if (waiting_.empty() && has_room(size)) {
        ++awaited_count_;
        return start(std::move(message), std::move(state));
    }
    if (waiting_.size() >= options_.waiting_count_max ||
        (waiting_bytes_ != 0 && waiting_bytes_ + size > options_.waiting_bytes_max))
        return state.done(refused(errc::window_full));
    ++awaited_count_;
    waiting_bytes_ += size;
    waiting_.push_back({std::move(message), std::move(state)});
    arm_timer();
}

void publisher_core::start(outgoing message, entry state) {
    if (options_.on_loss == on_loss::publish_again)
        state.copy = std::make_unique<outgoing>(message);
    const auto sent = channel_->owner().publish(channel_->id(), message.method(),
                                                message.properties(), message.take_body());
    if (sent.error)
        return complete(state, publish_outcome{kind::refused, sent.error, sent.error.message()});
    state.was_sent = true;
    ++pending_count_;
    pending_bytes_ += state.size;
    pending_.push_back(std::move(state));
    arm_timer();
}

void publisher_core::admit_waiting() {
    while (!waiting_.empty() && has_room(waiting_.front().state.size)) {
        auto next = waiting_.pop_front();
        waiting_bytes_ -= next.state.size;
        if (next.state.done)
            start(std::move(next.message), std::move(next.state));
    }
    wake();
}

/// Completes those who wait for room or for the end of all that is outstanding.
void publisher_core::wake() {
    if (ended_ || (waiting_.empty() && has_room(0)))
        for (auto& each : std::exchange(ready_waiters_, {}))
            each.done(ended_);
    if (drained())
        for (auto& each : std::exchange(drain_waiters_, {}))
            each.done({});
}

void publisher_core::ready(operation_id operation, close_callback done) {
    if (ended_)
        return done(ended_);
    if (waiting_.empty() && has_room(0))
        return done({});
    ready_waiters_.push_back({operation, std::move(done)});
}

void publisher_core::drain(operation_id operation, close_callback done) {
    if (drained())
        return done({});
    drain_waiters_.push_back({operation, std::move(done)});
}

void publisher_core::close(operation_id operation, close_callback done) {
    drain(operation, [self = shared_from_this(), operation,
                      done = std::move(done)](const failure& what) mutable {
        if (what)
            return done(what);
        const auto on = self->channel_;
        if (!on) {
            self->end({errc::channel_closed});
            return done({});
        }
        self->is_closing_ = true;
        on->close(operation, std::move(done));
    });
}

void publisher_core::release(std::shared_ptr<void> held) {
    close(0, [held = std::move(held)](const failure&) {});
}

void publisher_core::cancel(operation_id operation) {
    for (std::size_t i = 0; i < pending_.size(); ++i)
        if (pending_[i].operation == operation && pending_[i].done) {
            complete(pending_[i], publish_outcome{kind::unknown, asio::error::operation_aborted,
                                                  "no longer waited for"});
            return wake();
        }
    for (std::size_t i = 0; i < waiting_.size(); ++i)
        if (waiting_[i].state.operation == operation && waiting_[i].state.done) {
            give_up_waiting(waiting_[i].state, asio::error::operation_aborted,
                            "cancelled before it was sent");
            return wake();
        }
    for (auto* waiters : {&ready_waiters_, &drain_waiters_})
        for (auto each = waiters->begin(); each != waiters->end(); ++each)
            if (each->operation == operation) {
                auto done = std::move(each->done);
                waiters->erase(each);
                return done({asio::error::operation_aborted});
            }
    if (channel_)
        channel_->cancel(operation);
}

void publisher_core::abandon() {
    ended_ = {errc::channel_closed};
    keeper_ = {};
    const auto sent = std::exchange(pending_, {});
    const auto unsent = std::exchange(waiting_, {});
    const auto for_room = std::exchange(ready_waiters_, {});
    const auto for_the_end = std::exchange(drain_waiters_, {});
}

void publisher_core::on_returned(const proto::event::returned& returned) {
    const auto index = returned.sequence - first_sequence_;
    if (returned.sequence < first_sequence_ || index >= pending_.size())
        return;
    const auto code = static_cast<reply_code>(returned.method.reply_code);
    pending_[index].returned = std::make_unique<publish_outcome>(
        kind::returned, code, std::string{returned.method.reply_text});
}

void publisher_core::on_settled(const proto::event::settled& settled) {
    for (auto sequence = settled.first; sequence <= settled.last; ++sequence) {
        auto& which = pending_[sequence - first_sequence_];
        if (settled.nacked)
            settle(which, publish_outcome{kind::nacked, errc::nacked, "the broker refused it"});
        else if (which.returned)
            settle(which, std::move(*which.returned));
        else
            settle(which, publish_outcome{kind::confirmed});
    }
    while (!pending_.empty() && pending_.front().settled) {
        pending_.pop_front();
        ++first_sequence_;
    }
    admit_waiting();
}

/// The broker has answered: the message leaves the window.
void publisher_core::settle(entry& which, publish_outcome outcome) {
    which.settled = true;
    --pending_count_;
    pending_bytes_ -= which.size;
    complete(which, std::move(outcome));
}

/// Tells the one who waits, if he still does.
void publisher_core::complete(entry& which, publish_outcome outcome) {
    if (!which.done)
        return;
    --awaited_count_;
    which.done(std::move(outcome));
}

/// It was never sent; or it was, and then it is unknown what became of it.
void publisher_core::give_up_waiting(entry& which, std::error_code code, std::string text) {
    complete(which, publish_outcome{which.was_sent ? kind::unknown : kind::refused, code,
                                    std::move(text)});
}

void publisher_core::on_writable() {
    admit_waiting();
}

void publisher_core::on_closed() {
    const auto why = channel_->closed_failure();
    const bool connection_lost = channel_->owner().has_ended();
    const bool is_kept = keeper_.on_unbound && !is_closing_;
    unbind(why, connection_lost && is_kept);
    if (!is_kept)
        return end(why);
    wake();
    keeper_.on_unbound();
}

/// What was sent is unknown, or goes again: but never after an error of the channel, which it may
/// have caused and would cause again.
void publisher_core::unbind(const failure& why, bool connection_lost) {
    channel_ = nullptr;
    auto lost = std::exchange(pending_, {});
    pending_count_ = pending_bytes_ = 0;
    if (connection_lost && options_.on_loss == on_loss::publish_again)
        return wait_again(std::move(lost));
    while (!lost.empty())
        if (auto which = lost.pop_front(); !which.settled)
            complete(which, ended(kind::unknown, why));
}

/// In front of what was never sent.
void publisher_core::wait_again(proto::ring<entry> lost) {
    proto::ring<waiting> all;
    while (!lost.empty()) {
        auto which = lost.pop_front();
        if (which.settled || !which.done)
            continue;
        auto message = std::move(*std::exchange(which.copy, nullptr));
        which.returned = nullptr;
        waiting_bytes_ += which.size;
        all.push_back({std::move(message), std::move(which)});
    }
    while (!waiting_.empty())
        all.push_back(waiting_.pop_front());
    waiting_ = std::move(all);
}

void publisher_core::end(failure why) {
    if (ended_)
        return;
    ended_ = std::move(why);
    timer_.cancel();
    while (!waiting_.empty()) {
        auto which = waiting_.pop_front();
        give_up_waiting(which.state, ended_.code, describe(ended_));
    }
    waiting_bytes_ = 0;
    wake();
    if (const auto told = std::exchange(keeper_, {}); told.on_ended)
        told.on_ended();
}

/// What was sent may still be confirmed, so it stays in the window; its caller waits no longer.
void publisher_core::expire() {
    if (!channel_ && options_.on_loss == on_loss::publish_again)
        return;
    const auto now = std::chrono::steady_clock::now();
    const std::error_code code = errc::request_timed_out;
    for (std::size_t i = 0; i < pending_.size() && pending_[i].deadline <= now; ++i)
        complete(pending_[i], publish_outcome{kind::unknown, code, "no confirm in time"});
    while (!waiting_.empty() && waiting_.front().state.deadline <= now) {
        auto which = waiting_.pop_front();
        waiting_bytes_ -= which.state.size;
        give_up_waiting(which.state, code, "no room in the window in time");
    }
    wake();
}

/// One timer for all: deadlines ascend, since every message has the same time.
void publisher_core::arm_timer() {
    if (timer_armed_ || ended_)
        return;
    auto next = never;
    for (std::size_t i = 0; i < pending_.size() && next == never; ++i)
        if (pending_[i].done)
            next = pending_[i].deadline;
    if (!waiting_.empty())
        next = std::min(next, waiting_.front().state.deadline);
    if (next == never)
        return;
    timer_armed_ = true;
    timer_.expires_at(next);
    timer_.async_wait([weak = weak_from_this()](std::error_code fault) {
        const auto self = weak.lock();
        if (!self)
            return;
        self->timer_armed_ = false;
        if (fault || self->ended_)
            return;
        self->expire();
        self->arm_timer();
    });
}

void open_confirming(session& on, operation_id operation, channel_callback done) {
    on.open_channel(
        operation, [operation, done = std::move(done)](
                       const failure& what, std::shared_ptr<channel_core> channel) mutable {
            if (what)
                return done(what, nullptr);
            channel->request(proto::encode_method(spec::confirm::select{}), operation,
                             [channel, done = std::move(done)](const failure& fault,
                                                               const proto::event::reply*) mutable {
                                 if (fault)
                                     channel->release();
                                 done(fault, fault ? nullptr : channel);
                             });
        });
}

void open_publisher(session& on, const publisher_options& options, operation_id operation,
                    publisher_callback done) {
    auto core = std::make_shared<publisher_core>(on.get_strand(), options);
    open_confirming(on, operation,
                    [core = std::move(core), done = std::move(done)](
                        const failure& what, std::shared_ptr<channel_core> channel) mutable {
                        if (!what)
                            core->bind(std::move(channel));
                        done(what, what ? nullptr : core);
                    });
}

} // namespace taskwire::detail
