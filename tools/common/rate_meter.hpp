#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace taskwire::tools {

// How many a second, over about the last five seconds: an average over the whole run would hide a
// stall, and a shorter one would flicker.
// Units: time comes in, so that a test can state it.
class rate_meter {
  public:
    using clock = std::chrono::steady_clock;

    explicit rate_meter(clock::time_point start) : start_(start) {}

    void add(std::uint64_t count, clock::time_point now);
    double rate_per_s(clock::time_point now);

  private:
    static constexpr std::chrono::milliseconds slot_length{500};
    static constexpr std::int64_t slot_count = 10;

    void advance(clock::time_point now);

    clock::time_point start_;
    std::int64_t slot_ = 0; // the current one, counted from the start
    std::array<std::uint64_t, slot_count> counts_{};
};

} // namespace taskwire::tools
