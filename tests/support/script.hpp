#pragma once

#include <functional>
#include <string>
#include <vector>

#include <support/frames.hpp>
#include <support/world.hpp>

namespace taskwire::test {

/// A conversation between a server and the machine, stated once and replayed in three ways: whole;
/// with the server's bytes cut at every place; and lost at every place.
///
/// Steps are either stimuli (`server`, `client`, `pass`) or expectations (`expect`, `event`,
/// `check`). Before a stimulus, and at the end, nothing may be left that was not expected.
/// Texts are those of print.hpp; one that ends with "..." states the beginning only.
class script {
  public:
    using action = std::function<void(world&)>;

    explicit script(proto::connection_options options = {}) : options_(std::move(options)) {}

    // stimuli
    script& server(std::string bytes);
    script& client(action what);
    script& pass(duration time);

    // expectations
    script& expect(std::string frame);
    script& event(std::string text);
    script& check(action what);

    // shorthands
    script& handshake(const spec::connection::tune& tune = {2047, 131072, 60});
    script& channel(std::uint16_t number = 1, std::uint64_t epoch = 1, std::uint64_t request = 1);
    /// Opens a channel of number 1 and sets it to confirm mode: requests 1 and 2.
    script& confirming();

    void replay() const;
    /// Whole only: for conversations with large bodies.
    void replay_once() const;

  private:
    enum class kind { server, client, pass, expect, event, check };
    struct step {
        kind what;
        std::string text;
        action act;
        duration time{};
    };
    struct fault {
        std::size_t step = static_cast<std::size_t>(-1);
        std::size_t byte = 0;
        bool lost = false; ///< else only cut there
    };

    void run(const fault& at, std::size_t chunk, std::size_t write_size_max) const;
    void perform(world& w, const step& each, std::size_t chunk) const;
    static void lose(world& w);

    proto::connection_options options_;
    std::vector<step> steps_;
};

/// connection.start as RabbitMQ sends it, with the capability that a failed login is told.
std::string server_start(std::string_view mechanisms = "PLAIN AMQPLAIN", bool failure_close = true);

} // namespace taskwire::test
