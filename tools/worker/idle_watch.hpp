#pragma once

#include <common/wake_up.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace taskwire::tools {

// Finds out when there is nothing left to do: the queue is empty, or nothing has come for long.
// It sleeps while there is work. The queue is asked only when nothing has come for a moment; ever
// less often while it holds tasks that others are given, or are to be given to us.
// Lifetimes: it must outlive its coroutine.
// Thread safety: none; everything on the strand.
class idle_watch {
  public:
    struct asked {
        std::function<bool()> is_idle;           // nothing runs here
        std::function<std::uint64_t()> activity; // changes with every delivery
        // Whether the queue has nothing ready, as of after all deliveries that it has sent.
        std::function<asio::awaitable<bool>()> is_empty;
    };

    idle_watch(const strand& executor, bool until_empty,
               std::optional<std::chrono::milliseconds> idle_max, asked ask);

    // Returns why there is nothing left to do; "" after stop().
    asio::awaitable<std::string> run();

    // is_idle() may have become true.
    void on_change();
    void stop();

  private:
    using clock = std::chrono::steady_clock;

    asio::awaitable<void> await_next_look(clock::time_point idle_since);

    bool until_empty_;
    std::optional<std::chrono::milliseconds> idle_max_;
    asked ask_;
    wake_up changed_;
    std::chrono::milliseconds pause_;
    bool is_asleep_ = false; // until something changes
    bool is_stopped_ = false;
};

} // namespace taskwire::tools
