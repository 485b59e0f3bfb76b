#pragma once

#include <common/progress.hpp>
#include <common/summary.hpp>
#include <worker/worker_hooks.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace taskwire::tools {

// How long things took, in buckets 1/16 wide each: any number of them in 4 KiB.
class duration_histogram {
  public:
    void add(std::chrono::milliseconds value);
    // The value that the given share (0 to 1) of all is not above; absent if there are none.
    std::optional<std::chrono::milliseconds> quantile(double share) const;

  private:
    static constexpr std::size_t steps = 16; // in each power of two
    static std::size_t bucket_of(std::uint64_t ms);
    static std::uint64_t middle_of(std::size_t bucket);

    std::array<std::uint64_t, 64 * steps> counts_{};
    std::uint64_t count_ = 0;
};

// What a worker counts for its status line and its summary.
class statistics {
  public:
    using clock = std::chrono::steady_clock;

    explicit statistics(clock::time_point now) : began_at_(now) {}

    void add(const task_end& end);

    std::uint64_t done() const { return done_; }
    std::uint64_t failed() const { return failed_; }
    // Tasks that went back to the queue, or will, because they were not finished here.
    std::uint64_t returned() const { return returned_; }

    // Finished tasks a second, over the last five seconds of calls.
    double rate_per_s(clock::time_point now);
    std::chrono::milliseconds elapsed(clock::time_point now) const;
    worker_summary summarize(clock::time_point now, std::size_t slots) const;

  private:
    struct sample {
        clock::time_point at;
        std::uint64_t count;
    };

    clock::time_point began_at_;
    std::uint64_t done_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t returned_ = 0;
    std::chrono::milliseconds busy_{0};
    duration_histogram durations_;
    std::deque<sample> samples_;
};

} // namespace taskwire::tools
