#include <worker/statistics.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace taskwire::tools {

namespace {

constexpr std::chrono::seconds rate_window{5};

} // namespace

// Values below `steps` have a bucket each; above, a power of two is cut into `steps` equal parts.
std::size_t duration_histogram::bucket_of(std::uint64_t ms) {
    if (ms < steps) {
        return static_cast<std::size_t>(ms);
    }
    const auto power = static_cast<std::size_t>(std::bit_width(ms)) - 1;
    const std::size_t shift = power - 4; // 2^4 == steps
    return (shift + 1) * steps + static_cast<std::size_t>((ms >> shift) - steps);
}

std::uint64_t duration_histogram::middle_of(std::size_t bucket) {
    if (bucket < 2 * steps) {
        return bucket;
    }
    const std::size_t shift = bucket / steps - 1;
    const std::uint64_t low = static_cast<std::uint64_t>(steps + bucket % steps) << shift;
    return low + (std::uint64_t{1} << shift) / 2;
}

void duration_histogram::add(std::chrono::milliseconds value) {
    const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
    ++counts_[std::min(bucket_of(ms), counts_.size() - 1)];
    ++count_;
}

std::optional<std::chrono::milliseconds> duration_histogram::quantile(double share) const {
    if (count_ == 0) {
        return std::nullopt;
    }
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    const std::uint64_t wanted = std::clamp<std::uint64_t>(rank, 1, count_);
    std::uint64_t passed = 0;
    std::size_t bucket = 0;
    while ((passed += counts_[bucket]) < wanted) {
        ++bucket;
    }
    return std::chrono::milliseconds(static_cast<std::int64_t>(middle_of(bucket)));
}

void statistics::add(const task_end& end) {
    switch (end.fate) {
    case task_fate::done:
        ++done_;
        break;
    case task_fate::failed:
        ++failed_;
        break;
    case task_fate::handed_back:
    case task_fate::lost:
        ++returned_;
        return;
    }
    busy_ += end.wall_time;
    durations_.add(end.wall_time);
}

double statistics::rate_per_s(clock::time_point now) {
    samples_.push_back({now, done_ + failed_});
    while (samples_.size() > 2 && now - samples_[1].at >= rate_window) {
        samples_.pop_front();
    }
    const sample& first = samples_.front();
    const double s = std::chrono::duration<double>(now - first.at).count();
    return s > 0 ? static_cast<double>(done_ + failed_ - first.count) / s : 0;
}

std::chrono::milliseconds statistics::elapsed(clock::time_point now) const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - began_at_);
}

worker_summary statistics::summarize(clock::time_point now, std::size_t slots) const {
    worker_summary summary;
    summary.ok = done_;
    summary.failed = failed_;
    summary.returned = returned_;
    summary.elapsed = elapsed(now);
    const double slot_ms = static_cast<double>(std::max<std::int64_t>(summary.elapsed.count(), 1)) *
                           static_cast<double>(slots);
    summary.busy_share = static_cast<double>(busy_.count()) / slot_ms;
    summary.p50 = durations_.quantile(0.5);
    summary.p99 = durations_.quantile(0.99);
    return summary;
}

} // namespace taskwire::tools
