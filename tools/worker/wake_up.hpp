#pragma once

#include <taskwire/asio.hpp>

#include <asio/steady_timer.hpp>

#include <chrono>

namespace taskwire::tools {

// Something that coroutines of one strand wait for: a moment, or a call before it.
// Thread safety: none.
class wake_up {
  public:
    explicit wake_up(const asio::any_io_executor& executor) : timer_(executor) {}

    // Wakes those who wait now. Who comes later waits for the next call.
    void now() { timer_.cancel(); }

    asio::awaitable<void> wait() {
        timer_.expires_at(asio::steady_timer::time_point::max());
        co_await sleep();
    }
    asio::awaitable<void> wait_for(std::chrono::milliseconds at_most) {
        timer_.expires_after(at_most);
        co_await sleep();
    }

  private:
    asio::awaitable<void> sleep() {
        try {
            co_await timer_.async_wait(asio::use_awaitable);
        } catch (const std::system_error&) {
            // Woken before the time.
        }
    }

    asio::steady_timer timer_;
};

} // namespace taskwire::tools
