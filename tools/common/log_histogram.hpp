#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace taskwire::tools {

// Percentiles of any number of values in a fixed 18 KiB: exact below 128, then to 1.6 %.
class log_histogram {
  public:
    // What is larger counts as this: 69 years in milliseconds, 36 minutes in nanoseconds.
    static constexpr unsigned value_bits_max = 41;
    static constexpr std::uint64_t value_max = (std::uint64_t{1} << value_bits_max) - 1;

    void add(std::uint64_t value);
    std::uint64_t count() const { return count_; }
    std::uint64_t max() const { return max_; } // exact; 0 if there are none

    // The value that `share` (0 to 1) of them do not exceed; absent if there are none.
    std::optional<std::uint64_t> percentile(double share) const;

  private:
    static constexpr unsigned precision_bits = 6; // 64 buckets for each doubling
    static constexpr std::size_t bucket_count = (value_bits_max - precision_bits + 1)
                                                << precision_bits;

    std::array<std::uint64_t, bucket_count> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
};

} // namespace taskwire::tools
