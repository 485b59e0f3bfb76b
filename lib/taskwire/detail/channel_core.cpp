#include <taskwire/detail/channel_core.hpp>

#include <taskwire/detail/consumer_core.hpp>
#include <taskwire/detail/publisher_core.hpp>

namespace taskwire::detail {

failure channel_core::closed_failure() const {
    if (reason_ && reason_->code)
        return {reason_->code, reason_};
    return {errc::channel_closed, reason_};
}

void channel_core::cancel(operation_id operation) {
    for (auto each = close_waiters_.begin(); each != close_waiters_.end(); ++each)
        if (each->operation == operation) {
            auto done = std::move(each->done);
            close_waiters_.erase(each);
            return done({asio::error::operation_aborted});
        }
    session_->cancel(operation);
}

void channel_core::request(proto::encoded_method method, operation_id operation,
                           reply_callback done) {
    if (reason_)
        return done(closed_failure(), nullptr);
    session_->request(id_, std::move(method), operation, std::move(done));
}

failure channel_core::publish(outgoing message) {
    if (!reason_ && message.fault() != errc{})
        return {message.fault()};
    return publish(message.method(), message.properties(), message.take_body());
}

void channel_core::close(operation_id operation, close_callback done) {
    if (reason_)
        return done({});
    close_waiters_.push_back({operation, std::move(done)});
    session_->close_channel(id_);
}

void channel_core::release(std::shared_ptr<void> held) {
    close(0, [held = std::move(held)](const failure&) {});
}

void channel_core::abandon() {
    const auto close_waiters = std::exchange(close_waiters_, {});
    if (const auto publisher = std::exchange(publisher_, nullptr))
        publisher->abandon();
    for (const auto& [tag, consumer] : std::exchange(consumers_, {}))
        consumer->abandon();
}

void channel_core::attach(std::string consumer_tag, std::shared_ptr<consumer_core> consumer) {
    consumers_.insert_or_assign(std::move(consumer_tag), std::move(consumer));
}

void channel_core::detach(std::string_view consumer_tag) {
    if (const auto found = consumers_.find(consumer_tag); found != consumers_.end())
        consumers_.erase(found);
}

/// What nobody consumes goes back to its queue: dropped, it would stay unacknowledged for ever.
void channel_core::on_delivery(const proto::event::delivery& delivery) {
    if (const auto found = consumers_.find(delivery.method.consumer_tag);
        found != consumers_.end()) {
        found->second->on_delivery(delivery);
        return;
    }
    session_->hand_back(id_, delivery.method.delivery_tag);
}

void channel_core::on_returned(const proto::event::returned& returned) {
    if (publisher_)
        publisher_->on_returned(returned);
}

void channel_core::on_settled(const proto::event::settled& settled) {
    if (publisher_)
        publisher_->on_settled(settled);
}

void channel_core::on_consumer_cancelled(std::string_view consumer_tag) {
    const auto found = consumers_.find(consumer_tag);
    if (found == consumers_.end())
        return;
    const auto consumer = found->second;
    consumers_.erase(found);
    consumer->on_cancelled_by_broker();
}

void channel_core::on_flow(bool active) {
    flow_active_ = active;
    on_writable();
}

void channel_core::on_writable() {
    if (publisher_)
        publisher_->on_writable();
}

void channel_core::on_closed(std::shared_ptr<const close_reason> reason) {
    reason_ = std::move(reason);
    if (const auto publisher = std::exchange(publisher_, nullptr))
        publisher->on_closed();
    for (const auto& [tag, consumer] : std::exchange(consumers_, {}))
        consumer->on_closed();
    for (auto& each : std::exchange(close_waiters_, {}))
        each.done({});
}

} // namespace taskwire::detail
