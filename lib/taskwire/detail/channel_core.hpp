#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <taskwire/detail/outgoing.hpp>
#include <taskwire/detail/session.hpp>

namespace taskwire::detail {

class consumer_core;
class publisher_core;

/// A channel as its handles see it: routes what arrives to its publisher and its consumers, and
/// remembers why it closed.
///
/// *Lifetimes*: shared by handles and, while the channel lives, by the session.
/// *Thread safety*: everything but `get_strand`, `queue` and `id` only on the strand.
class channel_core : public std::enable_shared_from_this<channel_core> {
  public:
    channel_core(std::shared_ptr<session> owner, proto::channel_id id)
        : session_(std::move(owner)), id_(id) {}

    const strand& get_strand() const { return session_->get_strand(); }
    completion_queue& queue() const { return session_->queue(); }
    proto::channel_id id() const { return id_; }
    session& owner() const { return *session_; }
    /// The broker takes publishes on this channel.
    bool flow_active() const { return flow_active_; }
    /// Why the channel closed; nullptr while it has not.
    const std::shared_ptr<const close_reason>& reason() const { return reason_; }
    /// What operations on the closed channel report.
    failure closed_failure() const;

    void cancel(operation_id operation);
    void request(proto::encoded_method method, operation_id operation, reply_callback done);
    /// Queues a message, or tells what forbids it.
    template <class Body>
    failure publish(const spec::basic::publish& method, const spec::basic::properties& properties,
                    Body&& body) {
        if (reason_)
            return closed_failure();
        return {session_->publish(id_, method, properties, std::forward<Body>(body)).error};
    }
    failure publish(outgoing message);
    void close(operation_id operation, close_callback done);
    /// Nobody holds a handle any more: closes once what is outstanding has its outcome.
    void release(std::shared_ptr<void> held = {});
    /// Drops all that waits, uncalled: the io_context is being destroyed.
    void abandon();

    void attach(std::shared_ptr<publisher_core> publisher) { publisher_ = std::move(publisher); }
    void attach(std::string consumer_tag, std::shared_ptr<consumer_core> consumer);
    void detach(std::string_view consumer_tag);

    void on_delivery(const proto::event::delivery& delivery);
    void on_returned(const proto::event::returned& returned);
    void on_settled(const proto::event::settled& settled);
    void on_consumer_cancelled(std::string_view consumer_tag);
    void on_flow(bool active);
    /// Publishing may be possible again.
    void on_writable();
    void on_closed(std::shared_ptr<const close_reason> reason);

  private:
    struct waiter {
        operation_id operation;
        close_callback done;
    };

    std::shared_ptr<session> session_;
    proto::channel_id id_;
    std::shared_ptr<const close_reason> reason_;
    std::shared_ptr<publisher_core> publisher_;
    std::map<std::string, std::shared_ptr<consumer_core>, std::less<>> consumers_;
    std::vector<waiter> close_waiters_;
    bool flow_active_ = true;
};

} // namespace taskwire::detail
