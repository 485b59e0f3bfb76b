#include <worker/statistics.hpp>

#include <algorithm>

namespace taskwire::tools {

void statistics::add(const task_end& end, clock::time_point now) {
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
    rate_.add(1, now);
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
    const double slots_ms =
        static_cast<double>(std::max<std::int64_t>(summary.elapsed.count(), 1)) *
        static_cast<double>(slots);
    summary.busy_share = static_cast<double>(busy_.count()) / slots_ms;
    summary.p50 = durations_.percentile(0.5);
    summary.p99 = durations_.percentile(0.99);
    return summary;
}

} // namespace taskwire::tools
