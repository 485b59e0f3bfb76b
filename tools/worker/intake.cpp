#include <worker/intake.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>

#include <optional>
#include <utility>

namespace taskwire::tools {

namespace {

// RabbitMQ closes a channel when an acknowledgement takes longer than its consumer_timeout.
bool is_acknowledgement_timeout(const error& why) {
    return why.code() == reply_code::precondition_failed && why.reason() != nullptr &&
           why.reason()->text.find("delivery acknowledgement") != std::string::npos;
}

} // namespace

asio::awaitable<void> intake::open(client on, std::string queue, std::uint16_t prefetch_count,
                                   on_cancel policy) {
    client_ = std::move(on);
    queue_ = std::move(queue);
    options_.prefetch_count = prefetch_count;
    options_.on_cancel = policy;
    co_await consume();
}

asio::awaitable<void> intake::consume() {
    consumer_ = co_await client_.open_consumer(queue_, options_);
    is_open_ = true;
    if (is_cancelled_) {
        consumer_.cancel(asio::detached); // it was told so meanwhile
    }
}

void intake::run() {
    asio::co_spawn(consumer_.get_executor(), read(), asio::detached);
}

asio::awaitable<void> intake::read() {
    std::optional<error> fault;
    while (!fault) {
        try {
            delivery next = co_await consumer_.next();
            tell_.on_delivery(std::move(next));
        } catch (const error& thrown) {
            fault.emplace(thrown);
        }
        if (fault && is_acknowledgement_timeout(*fault) && !is_cancelled_) {
            auto failure = co_await consume_again(*fault);
            fault = std::move(failure);
        }
    }
    is_open_ = false;
    tell_.on_end(*fault);
}

asio::awaitable<std::optional<error>> intake::consume_again(error why) {
    is_open_ = false;
    tell_.on_overdue(why);
    try {
        co_await consume();
        co_return std::nullopt;
    } catch (const error& fault) {
        why = fault;
    }
    co_return why;
}

void intake::cancel() {
    if (!std::exchange(is_cancelled_, true) && is_open_) {
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
    std::error_code closed; // already, or the connection is: that is what is wanted
    co_await consumer_.close(asio::redirect_error(asio::use_awaitable, closed));
}

} // namespace taskwire::tools
