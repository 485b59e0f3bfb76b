#include <common/topology.hpp>

namespace taskwire::tools {

namespace {

// True if the broker says yes, false if it answers with `no`.
template <proto::requestable Method>
asio::awaitable<bool> ask(const client& on, const Method& method, reply_code no) {
    const channel temporary = co_await on.open_channel();
    try {
        co_await temporary.request(method);
    } catch (const error& fault) {
        if (fault.code() != no)
            throw;
        co_return false;
    }
    co_await temporary.close();
    co_return true;
}

} // namespace

std::string failed_queue_of(const std::string& queue) {
    return queue + ".failed";
}

asio::awaitable<std::optional<std::uint32_t>> count_ready(client on, std::string queue) {
    const channel temporary = co_await on.open_channel();
    std::uint32_t count = 0;
    try {
        const spec::queue::declare question{.queue = queue, .passive = true};
        const auto answer = co_await temporary.request(question);
        count = answer->message_count;
    } catch (const error& fault) {
        if (fault.code() != reply_code::not_found)
            throw;
        co_return std::nullopt;
    }
    co_await temporary.close();
    co_return count;
}

asio::awaitable<bool> exchange_exists(client on, std::string exchange) {
    const spec::exchange::declare question{.exchange = exchange, .passive = true};
    const bool found = co_await ask(on, question, reply_code::not_found);
    co_return found;
}

asio::awaitable<void> create_work_queue(client on, std::string queue, queue_type type,
                                        std::string failed_queue) {
    const table arguments = work_queue_arguments(type, failed_queue);
    const spec::queue::declare order{
        .queue = queue, .durable = true, .arguments = arguments.view()};
    co_await ask(on, order, reply_code::precondition_failed);
}

asio::awaitable<void> create_failed_queue(client on, std::string failed_queue) {
    const table arguments = failed_queue_arguments();
    const spec::queue::declare order{
        .queue = failed_queue, .durable = true, .arguments = arguments.view()};
    co_await ask(on, order, reply_code::precondition_failed);
}

table work_queue_arguments(queue_type type, const std::string& failed_queue) {
    table result;
    result.append("x-queue-type", type == queue_type::quorum ? "quorum" : "classic");
    result.append("x-dead-letter-exchange", "");
    result.append("x-dead-letter-routing-key", failed_queue);
    if (type == queue_type::quorum) {
        result.append("x-dead-letter-strategy", "at-least-once");
        result.append("x-overflow", "reject-publish");
    }
    return result;
}

table failed_queue_arguments() {
    table result;
    result.append("x-queue-type", "quorum");
    return result;
}

} // namespace taskwire::tools
