// Puts a task into the queue: new_task [WORD...]
// The producer of RabbitMQ's work-queue tutorial; it talks to that tutorial's workers too.
#include <cstdlib>
#include <iostream>
#include <string>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <taskwire/publisher.hpp>

namespace tw = taskwire;

std::string url() {
    const char* given = std::getenv("AMQP_URL");
    return given != nullptr ? given : "amqp://guest:guest@localhost:5672/";
}

asio::awaitable<void> send(std::string task) {
    const auto options = tw::connect_options::from_uri(url());
    const auto connection =
        co_await tw::connection::connect(co_await asio::this_coro::executor, options);
    const auto channel = co_await connection.open_channel();
    co_await channel.request(tw::spec::queue::declare{.queue = "task_queue", .durable = true});

    const auto publisher = co_await tw::publisher::open(connection);
    const auto outcome = co_await publisher.publish(
        {.routing_key = "task_queue", .mandatory = true},
        {.content_type = "text/plain", .delivery_mode = std::uint8_t{2}}, task);
    if (!outcome.confirmed())
        throw std::system_error{outcome.code(), outcome.text()};
    std::cout << " [x] Sent " << task << '\n';
    co_await connection.close();
}

int main(int argc, char** argv) {
    std::string task;
    for (int i = 1; i < argc; ++i)
        task.append(i > 1 ? " " : "").append(argv[i]);
    int exit_code = 0;
    asio::io_context io;
    asio::co_spawn(io, send(argc > 1 ? task : "hello"), [&](const std::exception_ptr& failed) {
        try {
            if (failed)
                std::rethrow_exception(failed);
        } catch (const std::exception& what) {
            std::cerr << "new_task: " << what.what() << '\n';
            exit_code = 1;
        }
    });
    io.run();
    return exit_code;
}
