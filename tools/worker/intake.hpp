#pragma once

#include <taskwire/client.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace taskwire::tools {

// A consumer on a channel of its own, which hands over what it gets.
// One delivery is always being waited for, so that the end of the channel is noticed at once, also
// while a task runs. When an acknowledgement came too late for the broker, that costs the channel
// and what it had delivered; the intake goes on with another one.
// Lifetimes: it must outlive its coroutine, which ends with on_end.
// Thread safety: none; everything on the connection's strand.
class intake {
  public:
    struct handlers {
        std::function<void(delivery)> on_delivery;
        // What was delivered cannot be acknowledged any more, and is delivered again.
        std::function<void(const error&)> on_overdue;
        // No more deliveries will come: cancelled, by us or the broker, or the channel is closed.
        std::function<void(const error&)> on_end;
    };

    explicit intake(handlers tell) : tell_(std::move(tell)) {}
    intake(const intake&) = delete;
    intake& operator=(const intake&) = delete;
    ~intake() = default;

    // Opens the channel and consumes; run() must follow. An outage of the connection is not the
    // end: the consumer goes on when it is over.
    // Errors: throws taskwire::error.
    asio::awaitable<void> open(client on, std::string queue, std::uint16_t prefetch_count,
                               on_cancel policy);
    void run();

    // Asks for the end. What is on its way is still handed over.
    void cancel();
    bool is_open() const { return is_open_; }
    bool is_cancelled() const { return is_cancelled_; }

    // `done` is told whether it could be sent: the channel may have closed meanwhile.
    void ack(delivery_id which, std::function<void(settle_result)> done) const;
    // All deliveries up to and including this one.
    void ack_up_to(delivery_id which) const;
    // Back to the queue.
    void hand_back(delivery_id which) const;

    // Ready messages in the queue, counted when everything the queue had sent to this channel
    // before has been handed over: on one channel the broker keeps the order.
    // Errors: throws taskwire::error; if the queue is gone, that closes the channel.
    asio::awaitable<std::uint32_t> count_ready() const;

    // Closes the channel, after all that was acknowledged. No error: it is for the end.
    asio::awaitable<void> close();

  private:
    asio::awaitable<void> consume();
    asio::awaitable<void> read();
    // Returns why it could not.
    asio::awaitable<std::optional<error>> consume_again(error why);

    handlers tell_;
    client client_;
    std::string queue_;
    consumer_options options_;
    consumer consumer_;
    bool is_open_ = false;
    bool is_cancelled_ = false;
};

} // namespace taskwire::tools
