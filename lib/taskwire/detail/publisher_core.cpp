#include <taskwire/detail/publisher_core.hpp>

#include <algorithm>

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
    unexpired_from_ = 0;
    if (!sends_once())
        for (std::size_t i = 0; i < waiting_.size(); ++i)
            waiting_[i].state.deadline = deadline();
    admit_waiting();
    arm_timer();
}

/// A channel that is about to close takes nothing more; what waits may have another one soon.
bool publisher_core::is_writable() const {
    if (!channel_ || !channel_->flow_active())
        return false;
    const auto& machine = channel_->owner().machine();
    return !machine.blocked() && machine.is_open(channel_->id());
}

bool publisher_core::has_room(std::size_t size) const {
    if (!is_writable())
        return false;
    if (pending_.empty())
        return true; // a message above the window must go out some time
    return pending_.size() < options_.unconfirmed_count_max &&
           pending_bytes_ + size <= options_.unconfirmed_bytes_max &&
           channel_->owner().ask_for_room(options_.unsent_bytes_max);
}

void publisher_core::publish(outgoing message, operation_id operation, outcome_callback done) {
    if (message.fault() != errc{})
        return done(refused(message.fault()));
    if (ended_)
        return done(ended(kind::refused, ended_));
    const auto size = message.body_size();
    waiting added{std::move(message), {operation, std::move(done), size, deadline()}};
    if (admits(size)) {
        ++awaited_count_;
        return start(std::move(added));
    }
    if (waiting_.size() >= options_.waiting_count_max ||
        (waiting_bytes_ != 0 && waiting_bytes_ + size > options_.waiting_bytes_max))
        return added.state.done(refused(errc::window_full));
    ++awaited_count_;
    waiting_bytes_ += size;
    if (operation != 0)
        cancellable_.insert_or_assign(operation, place{false, first_ticket_ + waiting_.size()});
    waiting_.extend() = std::move(added);
    arm_timer();
}

void publisher_core::start(waiting from) {
    proto::publish_result sent;
    try {
        if (!sends_once())
            from.state.copy = std::make_unique<outgoing>(from.message);
        sent = channel_->owner().publish(channel_->id(), from.message.method(),
                                         from.message.properties(), from.message.take_body());
    } catch (...) { // told to whoever calls, or runs the strand
        --awaited_count_;
        cancellable_.erase(from.state.operation);
        throw;
    }
    if (sent.error)
        return complete(from.state,
                        publish_outcome{kind::refused, sent.error, sent.error.message()});
    note_sent(sent.sequence, std::move(from.state));
}

void publisher_core::note_sent(std::uint64_t sequence, entry state) {
    state.was_sent = true;
    pending_bytes_ += state.size;
    if (state.operation != 0)
        cancellable_.insert_or_assign(state.operation, place{true, sequence});
    pending_.open(sequence) = std::move(state);
    arm_timer();
}

void publisher_core::admit_waiting() {
    while (!waiting_.empty() && has_room(waiting_.front().state.size)) {
        ++first_ticket_;
        auto next = waiting_.pop_front();
        waiting_bytes_ -= next.state.size;
        if (next.state.done) // else nobody waits any more, so nobody needs it sent
            start(std::move(next));
    }
    wake();
}

/// Completes those who wait for room or for the end of all that is outstanding.
void publisher_core::wake() {
    if (ended_ || admits(0))
        for (auto& each : std::exchange(ready_waiters_, {}))
            each.done(ended_);
    if (drained())
        for (auto& each : std::exchange(drain_waiters_, {}))
            each.done({});
}

void publisher_core::ready(operation_id operation, close_callback done) {
    if (ended_)
        return done(ended_);
    if (admits(0))
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
    if (const auto found = cancellable_.find(operation); found != cancellable_.end()) {
        const auto [sent, number] = found->second;
        if (auto* which = sent ? pending_.find(number) : nullptr)
            complete(*which, publish_outcome{kind::unknown, asio::error::operation_aborted,
                                             "no longer waited for"});
        else if (!sent)
            give_up_waiting(waiting_[number - first_ticket_].state, asio::error::operation_aborted,
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
    auto* which = pending_.find(returned.sequence);
    if (which == nullptr)
        return;
    const auto code = static_cast<reply_code>(returned.method.reply_code);
    which->returned = std::make_unique<publish_outcome>(kind::returned, code,
                                                        std::string{returned.method.reply_text});
}

/// The broker has answered: the messages leave the window.
void publisher_core::on_settled(const proto::event::settled& settled) {
    for (auto sequence = settled.first; sequence <= settled.last; ++sequence) {
        auto* which = pending_.find(sequence);
        if (which == nullptr)
            continue;
        pending_bytes_ -= which->size;
        if (settled.nacked)
            complete(*which, publish_outcome{kind::nacked, errc::nacked, "the broker refused it"});
        else if (which->returned)
            complete(*which, std::move(*which->returned));
        else
            complete(*which, publish_outcome{kind::confirmed});
        pending_.close(sequence);
    }
    admit_waiting();
}

/// Tells the one who waits, if he still does.
void publisher_core::complete(entry& which, publish_outcome outcome) {
    if (!which.done)
        return;
    --awaited_count_;
    if (which.operation != 0)
        cancellable_.erase(which.operation);
    which.done.call_in_place(std::move(outcome));
    which.done = {};
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
    const bool is_kept = keeper_.on_unbound && !is_closing_;
    // Never after an error of the channel, which a message may have caused and would cause again.
    unbind(why, is_kept && !sends_once() && channel_->owner().has_ended());
    if (!is_kept)
        return end(why);
    wake();
    keeper_.on_unbound();
}

/// What was sent is unknown, or will be sent again.
void publisher_core::unbind(const failure& why, bool publish_again) {
    channel_ = nullptr;
    if (publish_again)
        wait_again();
    else
        while (auto* first = pending_.at_or_above(0)) {
            complete(first->value, ended(kind::unknown, why));
            pending_.close(first->tag);
        }
    pending_.clear();
    pending_bytes_ = 0;
}

/// In front of what was never sent.
void publisher_core::wait_again() {
    proto::ring<waiting> all;
    const auto add = [&](waiting from) {
        if (from.state.operation != 0)
            cancellable_.insert_or_assign(from.state.operation,
                                          place{false, first_ticket_ + all.size()});
        all.extend() = std::move(from);
    };
    for (auto* each = pending_.at_or_above(0); each != nullptr;
         each = pending_.at_or_above(each->tag + 1)) {
        auto& sent = each->value;
        if (!sent.done) // nobody waits any more
            continue;
        auto message = std::move(*std::exchange(sent.copy, nullptr));
        sent.returned = nullptr;
        waiting_bytes_ += sent.size;
        add({std::move(message), std::move(sent)});
    }
    while (!waiting_.empty())
        add(waiting_.pop_front());
    waiting_ = std::move(all);
}

void publisher_core::end(failure why) {
    if (ended_)
        return;
    ended_ = std::move(why);
    timer_.cancel();
    while (!waiting_.empty()) {
        give_up_waiting(waiting_.front().state, ended_.code, describe(ended_));
        waiting_.drop_front();
        ++first_ticket_;
    }
    waiting_bytes_ = 0;
    wake();
    if (const auto told = std::exchange(keeper_, {}); told.on_ended)
        told.on_ended();
}

/// What was sent may still be confirmed, so it stays in the window; its caller waits no longer.
void publisher_core::expire() {
    if (!channel_ && !sends_once())
        return; // their time begins anew with the next channel
    const auto now = std::chrono::steady_clock::now();
    const std::error_code code = errc::request_timed_out;
    auto* sent = pending_.at_or_above(unexpired_from_);
    for (; sent != nullptr && sent->value.deadline <= now;
         sent = pending_.at_or_above(unexpired_from_)) {
        complete(sent->value, publish_outcome{kind::unknown, code, "no confirm in time"});
        unexpired_from_ = sent->tag + 1;
    }
    while (!waiting_.empty() && waiting_.front().state.deadline <= now) {
        ++first_ticket_;
        auto which = waiting_.pop_front();
        waiting_bytes_ -= which.state.size;
        give_up_waiting(which.state, code, "no room in the window in time");
    }
    wake();
}

/// The next deadline of what is outstanding, also when nobody waits for it any more.
time_point publisher_core::next_deadline() {
    const auto* sent = pending_.at_or_above(unexpired_from_);
    const auto next = sent == nullptr ? never : sent->value.deadline;
    return waiting_.empty() ? next : std::min(next, waiting_.front().state.deadline);
}

/// One timer for all: deadlines ascend, since every message has the same time.
void publisher_core::arm_timer() {
    if (timer_armed_ || ended_ || (!channel_ && !sends_once()))
        return;
    const auto next = next_deadline();
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

asio::awaitable<void> wait_ready(std::shared_ptr<publisher_core> core) {
    auto& queue = core->queue();
    if (queue.on_strand() && core->admits(0) && queue.may_go_on())
        co_return;
    co_await initiate<>(core, asio::use_awaitable,
                        [](publisher_core& self, operation_id operation, auto done) {
                            self.ready(operation, std::move(done));
                        });
}

void open_confirming(session& on, operation_id operation, channel_callback done) {
    on.open_channel(
        operation, [operation, done = std::move(done)](
                       const failure& what, const std::shared_ptr<channel_core>& channel) mutable {
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
    auto core = std::make_shared<publisher_core>(on.queue(), options);
    open_confirming(on, operation,
                    [core = std::move(core), done = std::move(done)](
                        const failure& what, std::shared_ptr<channel_core> channel) mutable {
                        if (!what)
                            core->bind(std::move(channel));
                        done(what, what ? nullptr : core);
                    });
}

} // namespace taskwire::detail
