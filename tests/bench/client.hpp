#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <support/allocations.hpp>
#include <taskwire/connection.hpp>

#include "measure.h"
#include "workload.hpp"

/// What the workloads of taskwire-bench-client have in common.
namespace taskwire::bench {

/// What is measured, and how far it is. Outlives all that runs.
class run {
  public:
    run(const workload& what, const strand& executor)
        : what_(what),
          left_(what.count),
          due_(what.count),
          body_(what.body, 'x'),
          end_(executor, asio::steady_timer::time_point::max()) {}

    bool take_one() { return left_ != 0 && left_-- != 0; }
    void done_one() {
        if (due_ != 0 && --due_ == 0)
            end_.cancel();
    }
    bool ended() const { return due_ == 0; }
    asio::awaitable<void> wait_ended() {
        std::error_code cancelled;
        if (!ended())
            co_await end_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }

    const workload& what() const { return what_; }

    std::string_view body() const { return body_; }
    bool moves_bodies() const { return what_.mode == "publish-moved"; }

    void begin() {
        allocated_ = test::allocated();
        since_ = measure_now();
    }
    void report() const {
        measure_report(name().c_str(), since_, static_cast<double>(what_.count), made());
    }
    /// Sorts the times, which are in seconds.
    void report_roundtrips(std::vector<double>& times) const {
        measure_report_roundtrips(name().c_str(), since_, times.data(), times.size(), made());
    }

  private:
    std::string name() const { return "taskwire " + std::string{what_.mode}; }
    double made() const { return static_cast<double>(test::allocated().count - allocated_.count); }

    const workload& what_;
    std::size_t left_;
    std::size_t due_;
    std::string body_;
    asio::steady_timer end_;
    test::allocations allocated_;
    measure since_{};
};

inline constexpr spec::basic::publish method{.routing_key = "q"};
inline constexpr spec::basic::properties persistent{.delivery_mode = std::uint8_t{2}};

[[noreturn]] void give_up(const char* what);

asio::awaitable<void> publish_unconfirmed(connection on, run& all);
asio::awaitable<void> roundtrip(connection on, run& all);

} // namespace taskwire::bench
