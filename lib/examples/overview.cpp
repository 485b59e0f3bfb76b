#include <iostream>
#include <string>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <taskwire/consumer.hpp>
#include <taskwire/publisher.hpp>

asio::awaitable<void> there_and_back(std::string url) {
    namespace spec = taskwire::spec;
    const auto options = taskwire::connect_options::from_uri(url);
    auto connection =
        co_await taskwire::connection::connect(co_await asio::this_coro::executor, options);
    auto channel = co_await connection.open_channel();
    auto queue = co_await channel.request(spec::queue::declare{.exclusive = true});

    auto publisher = co_await taskwire::publisher::open(connection);
    auto outcome = co_await publisher.publish({.routing_key = queue->queue}, {}, "hello");
    std::cout << to_string(outcome.what()) << '\n';

    auto consumer = co_await taskwire::consumer::open(connection, queue->queue);
    auto delivery = co_await consumer.next();
    std::cout << delivery.body() << '\n';
    co_await consumer.ack(delivery);
    co_await connection.close();
}

int main(int argc, char** argv) {
    asio::io_context io;
    asio::co_spawn(io, there_and_back(argc > 1 ? argv[1] : "amqp://guest:guest@localhost/"),
                   [](const std::exception_ptr& failed) {
                       if (failed)
                           std::rethrow_exception(failed);
                   });
    io.run();
}
