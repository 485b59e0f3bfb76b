#pragma once

#include <taskwire/asio.hpp>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <system_error>

namespace taskwire::tools {

// Something that a coroutine waits for: a moment, or a call before it. One at a time.
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
    asio::awaitable<void> wait_until(asio::steady_timer::time_point when) {
        timer_.expires_at(when);
        co_await sleep();
    }

  private:
    asio::awaitable<void> sleep() {
        std::error_code woken; // before the time
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }

    asio::steady_timer timer_;
};

} // namespace taskwire::tools
