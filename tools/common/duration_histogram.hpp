#pragma once

#include <common/log_histogram.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace taskwire::tools {

// A log_histogram of milliseconds: exact below 128 ms, then to 1.6 %.
class duration_histogram {
  public:
    void add(std::chrono::milliseconds duration);
    std::uint64_t count() const { return values_.count(); }

    // The duration that `share` (0 to 1) of them do not exceed; absent if there are none.
    std::optional<std::chrono::milliseconds> percentile(double share) const;

  private:
    log_histogram values_;
};

} // namespace taskwire::tools
