#pragma once

#include <string>
#include <string_view>

#include <taskwire/connection.hpp>
#include <taskwire/consumer.hpp>
#include <taskwire/publisher.hpp>

#include "client.hpp"

/// Real RabbitMQ nodes for tests.
namespace taskwire::test {

/// The node that ctest started for all tests.
connect_options shared_broker();
/// Its port with TLS.
connect_options shared_broker_with_tls();
/// rabbitmqctl for it, with these arguments.
void control_shared_broker(std::string_view arguments);

/// A node of the test's own, in a temporary folder. Takes seconds to boot.
class private_broker {
  public:
    private_broker();
    private_broker(const private_broker&) = delete;
    private_broker& operator=(const private_broker&) = delete;
    ~private_broker();

    connect_options options() const;
    void kill() const;   ///< SIGKILL
    void resume() const; ///< boots again with the same data
    /// rabbitmqctl, with these arguments.
    void control(std::string_view arguments) const;

  private:
    std::string folder_;
};

/// A connection to a broker, on a thread.
class on_broker {
  public:
    explicit on_broker(const connect_options& options = shared_broker())
        : near(take(connection::connect(client.executor(), options, use_future))) {}

    channel open_channel() { return take(near.open_channel(use_future)); }
    /// Declares a queue that goes with the connection, and returns its name.
    std::string new_queue() {
        const auto on = open_channel();
        return std::string{
            take(on.request(spec::queue::declare{.exclusive = true}, use_future))->queue};
    }
    /// Ready messages in a queue.
    std::uint32_t count(std::string_view queue) {
        const auto on = open_channel();
        return take(on.request(spec::queue::declare{.queue = queue, .passive = true}, use_future))
            ->message_count;
    }
    publisher open_publisher(const publisher_options& options = {}) {
        return take(publisher::open(near, options, use_future));
    }
    consumer consume(std::string_view queue, const consumer_options& options = {}) {
        return take(consumer::open(near, queue, options, use_future));
    }

    client_thread client;
    connection near;
};

} // namespace taskwire::test
