#include <iostream>

#include <asio/io_context.hpp>
#include <taskwire/consumer.hpp>
#include <taskwire/proto/connection.hpp>
#include <taskwire/publisher.hpp>

int main() {
    asio::io_context io;
    const auto options = taskwire::connect_options::from_uri("amqp://127.0.0.1:1");
    auto opening = taskwire::connection::connect(io.get_executor(), options, asio::use_future);
    io.run();
    try {
        opening.get();
    } catch (const taskwire::error& what) {
        std::cout << what.what() << '\n';
    }
}
