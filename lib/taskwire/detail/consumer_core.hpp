#pragma once

#include <memory>
#include <string>

#include <taskwire/consumer_options.hpp>
#include <taskwire/detail/channel_core.hpp>
#include <taskwire/message.hpp>
#include <taskwire/settle_result.hpp>

namespace taskwire::detail {

using delivery_callback = callback<const failure&, delivery>;

/// The deliveries of one consumer that wait to be taken, and those who wait for one.
/// *Thread safety*: only on the strand.
class consumer_core : public std::enable_shared_from_this<consumer_core> {
  public:
    consumer_core(std::shared_ptr<channel_core> channel, const consumer_options& options)
        : channel_(std::move(channel)), options_(options) {}

    const strand& get_strand() const { return channel_->get_strand(); }
    completion_queue& queue() const { return channel_->queue(); }
    channel_core& channel() const { return *channel_; }
    const std::string& consumer_tag() const { return consumer_tag_; }

    /// Begins: qos, then consume.
    void start(std::string_view queue, operation_id operation, close_callback done);
    bool has_ready() const { return !ready_.empty(); }
    /// The first delivery that waits.
    delivery take() { return ready_.pop_front(); }
    void next(operation_id operation, delivery_callback done);
    /// basic.cancel; deliveries that are here already can still be taken.
    void stop(operation_id operation, close_callback done);
    void cancel(operation_id operation);
    void abandon() { waiters_.clear(); }

    void on_delivery(const proto::event::delivery& delivery);
    void on_cancelled_by_broker();
    void on_closed();

  private:
    struct waiter {
        operation_id operation = 0;
        delivery_callback done;
    };

    void consume(const std::string& queue, operation_id operation, close_callback done);
    void end(failure why);
    void overflow();

    std::shared_ptr<channel_core> channel_;
    consumer_options options_;
    std::string consumer_tag_;
    proto::ring<delivery> ready_;
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
