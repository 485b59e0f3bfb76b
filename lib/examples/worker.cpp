// Takes tasks from the queue, one at a time; each dot in a task is a second of work.
// The worker of RabbitMQ's work-queue tutorial; it takes that tutorial's tasks too.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <taskwire/consumer.hpp>

namespace tw = taskwire;
using namespace asio::experimental::awaitable_operators;

asio::awaitable<void> do_tasks(const tw::connection& connection) {
    const auto channel = co_await connection.open_channel();
    co_await channel.request(tw::spec::queue::declare{.queue = "task_queue", .durable = true});
    const auto consumer =
        co_await tw::consumer::open(connection, "task_queue", {.prefetch_count = 1});
    std::cout << " [*] Waiting for messages. To exit press CTRL+C\n" << std::flush;
    asio::steady_timer timer{co_await asio::this_coro::executor};
    while (true) {
        const auto task = co_await consumer.next();
        std::cout << "Received a message: " << task.body() << '\n' << std::flush;
        const auto dots = std::count(task.body().begin(), task.body().end(), '.');
        timer.expires_after(std::chrono::seconds{dots});
        co_await timer.async_wait(asio::use_awaitable);
        std::cout << "Done\n" << std::flush;
        co_await consumer.ack(task);
    }
}

asio::awaitable<void> work() {
    const auto executor = co_await asio::this_coro::executor;
    const char* given = std::getenv("AMQP_URL");
    const auto options = tw::connect_options::from_uri(given != nullptr ? given : "amqp://");
    const auto connection = co_await tw::connection::connect(executor, options);
    asio::signal_set stop{executor, SIGINT, SIGTERM};
    co_await (do_tasks(connection) || stop.async_wait(asio::use_awaitable));
    co_await connection.close(); // an unfinished task goes back to the queue
}

int main() {
    asio::io_context io;
    std::exception_ptr failed;
    asio::co_spawn(io, work(), [&](std::exception_ptr what) { failed = std::move(what); });
    io.run();
    try {
        if (failed)
            std::rethrow_exception(failed);
    } catch (const std::exception& what) {
        std::cerr << "worker: " << what.what() << '\n';
        return 1;
    }
}
