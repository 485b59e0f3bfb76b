#pragma once

#include <common/client_options.hpp>
#include <common/reporter.hpp>
#include <worker/parked_copy.hpp>

#include <taskwire/client.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace taskwire::tools {

// Keeps failed tasks in the failed queue, on a connection of its own: a broker that is short of
// memory stops reading from those that publish, and acknowledgements must go through even then.
// It connects when the first task fails. Its client survives outages, and publishes again.
// Lifetimes: it must outlive its coroutines. The reporter is borrowed.
// Thread safety: none; everything on the strand.
class parking {
  public:
    // `to.on_event` is not called: who consumes tells of outages.
    parking(const strand& executor, const taskwire::client_options& to, std::string failed_queue,
            bool may_create, reporter& say);
    parking(const parking&) = delete;
    parking& operator=(const parking&) = delete;
    ~parking() = default;

    const std::string& failed_queue() const { return failed_queue_; }
    const std::string& login() const { return to_.connect.protocol.credentials.user; }

    // True once the broker has confirmed the copy and has routed it. Tries again until then, or
    // until `is_wanted` says no or give_up() is called: then false, and the broker may have it.
    asio::awaitable<bool> park(parked_copy copy, std::string body, std::function<bool()> is_wanted);

    // Ends all waiting.
    void give_up();

    // Closes the connection in good order.
    asio::awaitable<void> close();

  private:
    asio::awaitable<void> connect();
    asio::awaitable<void> create_queue();
    asio::awaitable<bool> try_once(parked_copy& copy, const std::string& body);
    asio::awaitable<void> sleep(std::chrono::milliseconds time) const;
    void forget_publisher(std::uint64_t generation);
    void tell(const std::string& what);

    strand strand_;
    taskwire::client_options to_;
    std::string failed_queue_;
    bool may_create_;
    reporter& say_;
    client client_;
    publisher publisher_;
    std::uint64_t generation_ = 0; // of publisher_
    std::string told_;             // the last trouble, which is told once
    bool is_connecting_ = false;
    bool has_given_up_ = false;
};

} // namespace taskwire::tools
