#pragma once

#include <functional>
#include <memory>
#include <string>

#include <asio/steady_timer.hpp>

#include <taskwire/consumer_options.hpp>
#include <taskwire/detail/channel_core.hpp>
#include <taskwire/message.hpp>
#include <taskwire/settle_result.hpp>

namespace taskwire::detail {

using delivery_callback = callback<const failure&, delivery>;

/// The deliveries of one consumer that wait to be taken, and those who wait for one.
///
/// It ends with its channel, unless a client keeps it: then it goes on when it is started anew on
/// a channel of the next connection.
/// *Thread safety*: only on the strand.
class consumer_core : public std::enable_shared_from_this<consumer_core> {
  public:
    consumer_core(completion_queue& queue, std::string queue_name, const consumer_options& options)
        : queue_(queue.shared_from_this()),
          queue_name_(std::move(queue_name)),
          options_(options),
          again_(queue.get_strand()) {}

    const strand& get_strand() const { return queue_->get_strand(); }
    completion_queue& queue() const { return *queue_; }
    const std::string& queue_name() const { return queue_name_; }
    const std::string& consumer_tag() const { return consumer_tag_; }
    /// No delivery will come any more.
    bool has_ended() const { return static_cast<bool>(ended_); }

    /// Begins, or begins anew, on an open channel: qos, then consume.
    void start(std::shared_ptr<channel_core> channel, operation_id operation, close_callback done);
    /// A client will start it again after the connection is lost, until it has ended.
    void keep(std::function<void()> on_ended) { on_ended_ = std::move(on_ended); }
    /// A server-named queue has another name on the new connection.
    void rename_queue(std::string name) { queue_name_ = std::move(name); }

    bool has_ready() const { return !ready_.empty(); }
    /// The first delivery that waits.
    delivery take();
    void next(operation_id operation, delivery_callback done);
    template <class Method>
    std::error_code settle(proto::channel_id where, const Method& method) {
        return channel_ ? channel_->owner().send(where, method)
                        : make_error_code(errc::channel_closed);
    }
    void request(proto::encoded_method method, operation_id operation, reply_callback done);
    /// basic.cancel; deliveries that are here already can still be taken.
    void stop(operation_id operation, close_callback done);
    /// Closes the channel.
    void close(operation_id operation, close_callback done);
    /// Nobody holds a handle any more.
    void release(std::shared_ptr<void> held);
    void cancel(operation_id operation);
    /// No channel will come any more.
    void end(failure why);
    /// Drops all that waits, uncalled: the io_context is being destroyed.
    void abandon();

    void on_delivery(const proto::event::delivery& delivery);
    void on_cancelled_by_broker();
    void on_closed();

  private:
    struct waiter {
        operation_id operation = 0;
        delivery_callback done;
    };

    void consume(operation_id operation, close_callback done);
    void consume_again();
    void overflow(std::string_view limit);

    std::shared_ptr<completion_queue> queue_;
    std::string queue_name_;
    consumer_options options_;
    std::function<void()> on_ended_; ///< set: a client keeps it
    asio::steady_timer again_;
    std::chrono::milliseconds pause_{0};
    std::shared_ptr<channel_core> channel_; ///< nullptr before the first one
    std::string consumer_tag_;
    bool is_consuming_ = false;
    bool is_stopping_ = false; ///< basic.cancel was sent
    bool is_closing_ = false;
    proto::ring<delivery> ready_;
    std::size_t ready_bytes_ = 0;
    proto::ring<waiter> waiters_;
    failure ended_; ///< what `next` reports when nothing is left
};

/// The next delivery; without suspending when it is here already.
asio::awaitable<delivery> wait_next(std::shared_ptr<consumer_core> core);

/// Settles a delivery; without suspending when this is the strand. Method: ack, nack or reject.
template <class Method>
asio::awaitable<settle_result> settle(std::shared_ptr<consumer_core> core, proto::channel_id where,
                                      Method method);

using consumer_callback = callback<const failure&, std::shared_ptr<consumer_core>>;

/// Opens a channel and consumes on it.
void open_consumer(session& on, std::string queue, const consumer_options& options,
                   operation_id operation, consumer_callback done);

} // namespace taskwire::detail
