#include <worker/intake.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <optional>

namespace taskwire::tools {

asio::awaitable<void> intake::open(client on, std::string queue, std::uint16_t prefetch_count,
                                   on_cancel policy) {
    queue_ = std::move(queue);
    consumer_options options;
    options.prefetch_count = prefetch_count;
    options.on_cancel = policy;
    consumer_ = co_await on.open_consumer(queue_, options);
    is_open_ = true;
    is_cancelled_ = false;
}

void intake::run() {
    asio::co_spawn(consumer_.get_executor(), read(), asio::detached);
}

asio::awaitable<void> intake::read() {
    std::optional<error> end;
    while (!end) {
        try {
            delivery next = co_await consumer_.next();
            tell_.on_delivery(std::move(next));
        } catch (const error& fault) {
            end.emplace(fault);
        }
    }
    is_open_ = false;
    tell_.on_end(*end);
}

void intake::cancel() {
    if (is_open_ && !is_cancelled_) {
        is_cancelled_ = true;
        // If it fails the channel is closed, and read() learns that.
        consumer_.cancel(asio::detached);
    }
}

void intake::ack(delivery_id which, std::function<void(settle_result)> done) const {
    consumer_.ack(which, std::move(done));
}

void intake::ack_up_to(delivery_id which) const {
    consumer_.ack_up_to(which, asio::detached);
}

void intake::hand_back(delivery_id which) const {
    consumer_.nack(which, true, asio::detached);
}

asio::awaitable<std::uint32_t> intake::count_ready() const {
    const spec::queue::declare question{.queue = queue_, .passive = true};
    const auto answer = co_await consumer_.request(question);
    co_return answer->message_count;
}

asio::awaitable<void> intake::close() {
    if (!consumer_) {
        co_return;
    }
    try {
        co_await consumer_.close();
    } catch (const error&) {
        // It is closed, or the connection is: that is what was wanted.
    }
}

} // namespace taskwire::tools
