#include <common/rate_meter.hpp>

#include <algorithm>

namespace taskwire::tools {

void rate_meter::add(std::uint64_t count, clock::time_point now) {
    advance(now);
    counts_[static_cast<std::size_t>(slot_ % slot_count)] += count;
}

double rate_meter::rate_per_s(clock::time_point now) {
    advance(now);
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) {
        sum += count;
    }
    // The window: the current slot as far as it has come, and the full ones before it.
    const std::int64_t first_slot = std::max<std::int64_t>(slot_ - slot_count + 1, 0);
    const std::chrono::duration<double> window = now - start_ - first_slot * slot_length;
    constexpr double s_min = 0.001; // at the very start, a rate would be beyond all bounds
    return static_cast<double>(sum) / std::max(window.count(), s_min);
}

// Empties the slots that begin since the last call.
void rate_meter::advance(clock::time_point now) {
    const std::int64_t target = std::max((now - start_) / slot_length, slot_);
    const std::int64_t stale = std::min(target - slot_, slot_count);
    for (std::int64_t i = 1; i <= stale; ++i) {
        counts_[static_cast<std::size_t>((slot_ + i) % slot_count)] = 0;
    }
    slot_ = target;
}

} // namespace taskwire::tools
