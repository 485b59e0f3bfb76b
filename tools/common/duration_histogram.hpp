#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace taskwire::tools {

// Percentiles of any number of durations in a fixed 18 KiB: exact below 128 ms, then to 1.6 %.
class duration_histogram {
  public:
    void add(std::chrono::milliseconds duration);
    std::uint64_t count() const { return count_; }

    // The duration that `share` (0 to 1) of them do not exceed; absent if there are none.
    std::optional<std::chrono::milliseconds> percentile(double share) const;

  private:
    static constexpr unsigned precision_bits = 6;  // 64 buckets for each doubling
    static constexpr unsigned value_bits_max = 41; // 69 years; longer ones count as that
    static constexpr std::size_t bucket_count = (value_bits_max - precision_bits + 1)
                                                << precision_bits;

    std::array<std::uint64_t, bucket_count> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t ms_max_ = 0;
};

} // namespace taskwire::tools
