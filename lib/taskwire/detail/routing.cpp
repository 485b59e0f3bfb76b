#include <taskwire/detail/channel_core.hpp>
#include <taskwire/detail/session.hpp>

#include <chrono>
#include <utility>
#include <variant>

namespace taskwire::detail {

void session::drain_events() {
    while (const auto* event = machine_.poll())
        std::visit([this](const auto& each) { on_event(each); }, *event);
}

channel_core* session::find(proto::channel_id where) const {
    if (where.number >= channels_.size())
        return nullptr;
    const auto& found = channels_[where.number];
    return found && found->id() == where ? found.get() : nullptr;
}

void session::on_event(const proto::event::opened&) {
    proto::wipe(options_.protocol.credentials.password);
    if (auto done = std::exchange(opened_, {}).done)
        done({});
}

void session::on_event(const proto::event::reply& reply) {
    const auto found = requests_.find(reply.request);
    if (found == requests_.end()) // its waiter was cancelled
        return hand_back_got(reply);
    auto done = std::move(found->second.done);
    requests_.erase(found);
    done({}, &reply);
}

/// A message that nobody waits for any more would stay unacknowledged until the channel closes.
void session::hand_back_got(const proto::event::reply& reply) {
    spec::basic::get_ok method;
    wire::reader in{reply.arguments};
    if (reply.method == method.id && wire::decode(in, method))
        hand_back(reply.channel, method.delivery_tag);
}

void session::on_event(const proto::event::failed& failed) {
    const auto found = requests_.find(failed.request);
    if (found == requests_.end())
        return;
    auto done = std::move(found->second.done);
    requests_.erase(found);
    // Why the channel died comes with the next event; who waits shall learn both at once.
    const auto* core = find(failed.channel);
    failure what{failed.code, core != nullptr ? core->reason() : nullptr};
    if (!what.reason)
        what.reason = std::make_shared<const close_reason>(machine_.reason_of(failed.channel));
    if (!what.reason->code)
        what.reason = nullptr;
    done(what, nullptr);
}

void session::on_event(const proto::event::delivery& delivery) {
    if (auto* core = find(delivery.channel))
        core->on_delivery(delivery);
}

void session::on_event(const proto::event::returned& returned) {
    if (auto* core = find(returned.channel))
        core->on_returned(returned);
}

void session::on_event(const proto::event::settled& settled) {
    if (auto* core = find(settled.channel))
        core->on_settled(settled);
}

void session::on_event(const proto::event::consumer_cancelled& cancelled) {
    if (auto* core = find(cancelled.channel))
        core->on_consumer_cancelled(cancelled.consumer_tag);
}

void session::on_event(const proto::event::flow& flow) {
    if (auto* core = find(flow.channel))
        core->on_flow(flow.active);
}

void session::on_event(const proto::event::blocked& blocked) {
    if (options_.on_blocked)
        options_.on_blocked(true, blocked.reason);
}

void session::on_event(const proto::event::unblocked&) {
    if (options_.on_blocked)
        options_.on_blocked(false, {});
    tell_writable();
}

void session::tell_writable() {
    room_awaited_ = 0;
    for (const auto& each : channels_)
        if (each)
            each->on_writable();
}

void session::on_event(const proto::event::channel_closed& closed) {
    if (find(closed.channel) == nullptr)
        return;
    const auto core = std::exchange(channels_[closed.channel.number], nullptr);
    core->on_closed(std::make_shared<const close_reason>(*closed.reason));
}

/// The last event. What is still queued, a close-ok, may be written; the timer bounds that.
void session::on_event(const proto::event::closed& closed) {
    if (!reason_)
        reason_ = std::make_shared<const close_reason>(*closed.reason);
    if (auto done = std::exchange(opened_, {}).done)
        done({reason_->code ? reason_->code : make_error_code(errc::connection_closed), reason_});
    armed_for_ = never;
    timer_.expires_after(options_.protocol.close_timeout);
    timer_.async_wait([self = running()](std::error_code fault) {
        if (!fault)
            self->on_timer();
    });
    if (!connected_ || machine_.output().empty())
        finish();
}

} // namespace taskwire::detail
