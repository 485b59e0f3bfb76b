#pragma once

#include <functional>
#include <memory>
#include <string>

#include <asio/steady_timer.hpp>

#include <taskwire/consumer_options.hpp>
#include <taskwire/detail/channel_core.hpp>
#include <taskwire/message.hpp>

namespace taskwire::detail {

using delivery_callback = callback<const failure&, delivery>;

/// The deliveries of one consumer that wait to be taken, and those who wait for one.
///
/// It ends with its channel, unless a client keeps it: then it goes on when it is started anew on
/// a channel of the next connection.
/// *Thread safety*: only on the strand.
class consumer_core : public std::enable_shared_from_this<consumer_core> {
  public:
    consumer_core(const strand& executor, std::string queue, const consumer_options& options)
        : strand_(executor), queue_(std::move(queue)), options_(options), again_(executor) {}

    const strand& get_strand() const { return strand_; }
    const std::string& queue() const { return queue_; }
    const std::string& consumer_tag() const { return consumer_tag_; }
    /// No delivery will come any more.
    bool has_ended() const { return static_cast<bool>(ended_); }

    /// Begins, or begins anew, on an open channel: qos, then consume.
    void start(std::shared_ptr<channel_core> channel, operation_id operation, close_callback done);
    /// A client will start it again after the connection is lost, until it has ended.
    void keep(std::function<void()> on_ended) { on_ended_ = std::move(on_ended); }
    /// A server-named queue has another name on the new connection.
    void rename_queue(std::string queue) { queue_ = std::move(queue); }

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

    strand strand_;
    std::string queue_;
    consumer_options options_;
    std::function<void()> on_ended_; ///< set: a client keeps it
    asio::steady_timer again_;
    std::chrono::milliseconds pause_{0};
    std::shared_ptr<channel_core> channel_; ///< nullptr before the first one
    std::string consumer_tag_;
    bool is_consuming_ = false;
    bool is_closing_ = false;
    proto::ring<delivery> ready_;
    std::size_t ready_bytes_ = 0;
    proto::ring<waiter> waiters_;
    failure ended_; ///< what `next` reports when nothing is left
};

using consumer_callback = callback<const failure&, std::shared_ptr<consumer_core>>;

/// Opens a channel and consumes on it.
void open_consumer(session& on, std::string queue, const consumer_options& options,
                   operation_id operation, consumer_callback done);

} // namespace taskwire::detail
