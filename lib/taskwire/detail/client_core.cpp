#include <taskwire/detail/client_core.hpp>

#include <algorithm>
#include <random>
#include <utility>
#include <variant>

namespace taskwire::detail {
namespace {

namespace recovery_event = proto::recovery_event;
namespace recovery_action = proto::recovery_action;

time_point now() {
    return std::chrono::steady_clock::now();
}

proto::recovery make_recovery(const client_options& options) {
    auto policy = options.recovery;
    policy.endpoint_count = options.connect.endpoints.size();
    return {policy, options.seed ? *options.seed : std::random_device{}()};
}

/// Why, also where the operation that failed knows only a code.
close_reason reason_of(const failure& what) {
    return what.reason ? *what.reason : close_reason{what.code, {}, false, {}};
}

/// What another attempt will not change: somebody has to mend a certificate or an option.
bool is_verification_failure(std::error_code why) {
    for (const auto fatal :
         {errc::tls_options_refused, errc::certificate_expired, errc::certificate_not_yet_valid,
          errc::certificate_untrusted, errc::certificate_wrong_name, errc::certificate_revoked,
          errc::certificate_refused, errc::client_certificate_refused, errc::tls_not_spoken,
          errc::tls_required})
        if (why == fatal)
            return true;
    return false;
}

} // namespace

/// The io_context is being destroyed: those who wait own handles that own this client.
void client_core::abandon() {
    if (is_ended_)
        return;
    is_ended_ = true;
    const auto opened = std::exchange(opened_, {});
    const auto close_waiters = std::exchange(close_waiters_, {});
    const auto publishers = std::exchange(publishers_, {});
    const auto consumers = std::exchange(consumers_, {});
    for (const auto& [id, each] : publishers)
        each.core->abandon();
    for (const auto& [id, each] : consumers)
        each.core->abandon();
}

client_core::client_core(std::shared_ptr<completion_queue> queue, client_options options)
    : queue_(std::move(queue)),
      options_(std::move(options)),
      recovery_(make_recovery(options_)),
      timer_(queue_->get_strand()) {}

void client_core::start(operation_id operation, close_callback opened) {
    opened_ = {operation, std::move(opened)};
    lost_at_ = now();
    if (options_.connect.endpoints.empty()) {
        const close_reason why{asio::error::invalid_argument, "no endpoint is given", false, {}};
        return on_action(recovery_action::give_up{why});
    }
    drive(recovery_event::start{});
}

void client_core::drive(const proto::any_recovery_event& event) {
    const auto action = recovery_.next(event, now());
    std::visit([this](const auto& each) { on_action(each); }, action);
}

void client_core::on_action(const recovery_action::connect& action) {
    endpoint_ = action.endpoint;
    auto options = options_.connect;
    options.endpoints = {options_.connect.endpoints[action.endpoint]};
    session_ = std::make_shared<session>(queue_, std::move(options));
    session_->start(next_operation(), [self = running(), of = session_](const failure& what) {
        if (self->session_ == of)
            self->on_attempted(what);
    });
}

void client_core::on_attempted(const failure& what) {
    if (what) {
        last_fault_ = what;
        return drive(
            recovery_event::connect_failed{reason_of(what), is_verification_failure(what.code)});
    }
    session_->wait_closed(0, [self = running(), of = session_](const failure& ended) {
        if (self->session_ == of)
            self->on_lost(ended);
    });
    drive(recovery_event::opened{});
}

void client_core::on_lost(const failure& what) {
    spare_ = nullptr;
    restoring_ = 0;
    auto why = reason_of(what);
    if (!why.code && !is_ended_) // nobody here asked for it
        why.code = errc::connection_closed;
    last_fault_ = {why.code, std::make_shared<const close_reason>(why)};
    const bool was_established = recovery_.state() == proto::recovery_state::established;
    const auto action = recovery_.next(recovery_event::lost{why}, now());
    if (was_established && !std::holds_alternative<recovery_action::give_up>(action)) {
        lost_at_ = now();
        tell(client_event::lost{std::move(why)});
    }
    std::visit([this](const auto& each) { on_action(each); }, action);
}

void client_core::on_action(const recovery_action::wait& action) {
    const auto pause = std::max(action.until - now(), duration::zero());
    tell(client_event::waiting{reason_of(last_fault_),
                               std::chrono::duration_cast<std::chrono::milliseconds>(pause)});
    timer_.expires_at(action.until);
    timer_.async_wait([self = running()](std::error_code stopped) {
        if (!stopped)
            self->drive(recovery_event::timer{});
    });
}

void client_core::on_action(const recovery_action::replay& /*action*/) {
    report_ = {};
    restore_topology();
}

void client_core::on_action(const recovery_action::done& /*action*/) {
    last_fault_ = {};
    if (std::exchange(was_open_, true)) {
        report_.outage = std::chrono::duration_cast<std::chrono::milliseconds>(now() - lost_at_);
        report_.endpoint = to_string(options_.connect.endpoints[endpoint_]);
        tell(std::exchange(report_, {}));
    }
    if (auto done = std::exchange(opened_, {}).done)
        done({});
}

/// The end: by our wish, or because nothing more is tried.
void client_core::on_action(const recovery_action::give_up& action) {
    const auto self = shared_from_this(); // those who are told may drop the last handle
    is_ended_ = true;
    reason_ = std::make_shared<const close_reason>(action.reason);
    timer_.cancel();
    const failure why{reason_->code ? reason_->code : make_error_code(errc::connection_closed),
                      reason_};
    spare_ = nullptr;
    if (session_)
        session_->close(0, {});
    end_all(publishers_, why);
    end_all(consumers_, why);
    if (auto done = std::exchange(opened_, {}).done)
        done(why);
    if (session_)
        session_->wait_closed(0, [self](const failure&) {
            for (auto& each : std::exchange(self->close_waiters_, {}))
                each.done({{}, self->reason_});
        });
    else
        for (auto& each : std::exchange(close_waiters_, {}))
            each.done({{}, reason_});
}

template <class Members>
void client_core::end_all(Members& members, const failure& why) {
    for (auto& [id, each] : std::exchange(members, {})) {
        if (each.opened)
            each.opened(why, nullptr);
        each.core->end(why);
    }
}

bool client_core::is_connected() const {
    return !is_ended_ && session_ && !session_->has_ended() &&
           (recovery_.state() == proto::recovery_state::established ||
            recovery_.state() == proto::recovery_state::replaying);
}

/// What fails while there is no connection reports why there is none.
failure client_core::not_connected() const {
    if (is_ended_)
        return {errc::connection_closed, reason_};
    return last_fault_ ? last_fault_ : failure{errc::connection_lost};
}

/// In order with what completes: a delivery of the lost connection may still wait for its turn.
void client_core::tell(any_client_event event) {
    if (options_.on_event)
        queue_->push([self = shared_from_this(), event = std::move(event)] {
            self->options_.on_event(event);
        });
}

// --- operations

void client_core::open_channel(operation_id operation, channel_callback done) {
    if (!is_connected())
        return done(not_connected(), nullptr);
    session_->open_channel(operation, std::move(done));
}

void client_core::update_secret(proto::encoded_method method, operation_id operation,
                                close_callback done) {
    if (!is_connected())
        return done(not_connected());
    session_->request({}, std::move(method), operation,
                      [done = std::move(done)](const failure& what,
                                               const proto::event::reply*) mutable { done(what); });
}

/// A refusal closes its channel, so requests that run side by side get one each.
void client_core::with_channel(operation_id operation, channel_callback use) {
    if (const auto idle = std::exchange(spare_, nullptr); idle && !idle->reason())
        return use({}, idle);
    open_channel(operation, std::move(use));
}

void client_core::request(proto::encoded_method method, operation_id operation,
                          reply_callback done) {
    auto ask = [self = shared_from_this(), method = std::move(method), operation,
                done = std::move(done)](const failure& what,
                                        const std::shared_ptr<channel_core>& on) mutable {
        if (what)
            return done(what, nullptr);
        const auto noted = proto::topology::is_noted(method.id) ? method : proto::encoded_method{};
        on->request(std::move(method), operation,
                    [self, noted, on, done = std::move(done)](
                        const failure& fault, const proto::event::reply* reply) mutable {
                        if (!fault && proto::topology::is_noted(noted.id))
                            self->topology_.note(on->id(), noted, reply->arguments);
                        if (!fault && !self->spare_ && self->is_connected())
                            self->spare_ = on;
                        else
                            on->release();
                        done(fault, reply);
                    });
    };
    with_channel(operation, std::move(ask));
}

void client_core::close(operation_id operation, close_callback done) {
    if (done)
        wait_closed(operation, std::move(done));
    drive(recovery_event::stop{});
}

void client_core::wait_closed(operation_id operation, close_callback done) {
    if (is_ended_ && (!session_ || session_->is_finished()))
        return done({{}, reason_});
    close_waiters_.push_back({operation, std::move(done)});
}

void client_core::cancel(operation_id operation) {
    const failure aborted{asio::error::operation_aborted};
    if (opened_.done && opened_.operation == operation) {
        auto done = std::exchange(opened_, {}).done;
        close(0, {});
        return done(aborted);
    }
    for (auto each = close_waiters_.begin(); each != close_waiters_.end(); ++each)
        if (each->operation == operation) {
            auto done = std::move(each->done);
            close_waiters_.erase(each);
            return done(aborted);
        }
    const auto cancel_opening = [&](auto& members) {
        for (auto& [id, each] : members)
            if (each.opened && each.operation == operation) {
                auto opened = std::move(each.opened);
                const auto core = each.core;
                members.erase(id);
                core->release({});
                opened(aborted, nullptr);
                return true;
            }
        return false;
    };
    if (!cancel_opening(publishers_) && !cancel_opening(consumers_) && session_)
        session_->cancel(operation);
}

} // namespace taskwire::detail
