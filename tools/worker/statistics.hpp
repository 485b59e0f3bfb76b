#pragma once

#include <common/duration_histogram.hpp>
#include <common/rate_meter.hpp>
#include <common/summary.hpp>
#include <worker/worker_hooks.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace taskwire::tools {

// What a worker counts for its status line and its summary.
class statistics {
  public:
    using clock = std::chrono::steady_clock;

    explicit statistics(clock::time_point now) : began_at_(now), rate_(now) {}

    void add(const task_end& end, clock::time_point now);

    std::uint64_t done() const { return done_; }
    std::uint64_t failed() const { return failed_; }
    double rate_per_s(clock::time_point now) { return rate_.rate_per_s(now); }
    std::chrono::milliseconds elapsed(clock::time_point now) const;
    worker_summary summarize(clock::time_point now, std::size_t slots) const;

  private:
    clock::time_point began_at_;
    std::uint64_t done_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t returned_ = 0; // to the queue, or will be: they were not finished here
    std::chrono::milliseconds busy_{0};
    duration_histogram durations_;
    rate_meter rate_;
};

} // namespace taskwire::tools
