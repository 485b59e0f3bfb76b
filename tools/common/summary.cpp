#include <common/summary.hpp>

#include <common/duration.hpp>
#include <common/number.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace taskwire::tools {

namespace {

std::string render_elapsed(std::chrono::milliseconds elapsed) {
    return elapsed < std::chrono::minutes(1)
               ? fmt::format("{:.1f} s", static_cast<double>(elapsed.count()) / 1000.0)
               : format_duration(elapsed);
}

} // namespace

std::string render(const producer_summary& summary) {
    std::string line =
        fmt::format("{} confirmed, {} returned, {} nacked, {} unknown", summary.confirmed,
                    summary.returned, summary.nacked, summary.unknown);
    if (summary.refused > 0) {
        line += fmt::format(", {} refused here", summary.refused);
    }
    line += fmt::format(" in {}", render_elapsed(summary.elapsed));
    if (summary.confirmed > 0) {
        // Below a millisecond a rate says nothing, but it must not divide by zero either.
        const double s =
            static_cast<double>(std::max<std::int64_t>(summary.elapsed.count(), 1)) / 1000.0;
        line += fmt::format(" ({}, {})", format_rate(static_cast<double>(summary.confirmed) / s),
                            format_byte_rate(static_cast<double>(summary.body_bytes) / s));
    }
    return line;
}

std::string render(const worker_summary& summary) {
    std::string line = fmt::format("{} ok", summary.ok);
    if (summary.retried) {
        line += fmt::format(", {} retried", *summary.retried);
    }
    line += fmt::format(", {} failed", summary.failed);
    if (summary.failed > 0 && !summary.failed_queue.empty()) {
        line += fmt::format(" ({})", summary.failed_queue);
    }
    if (summary.returned) {
        line += fmt::format(", {} returned", *summary.returned);
    }
    line += fmt::format(" in {}; busy {:.0f}%", render_elapsed(summary.elapsed),
                        std::clamp(summary.busy_share, 0.0, 1.0) * 100.0);
    if (summary.p50 && summary.p99) {
        line += fmt::format("; p50 {} p99 {}", format_duration(*summary.p50),
                            format_duration(*summary.p99));
    }
    return line;
}

} // namespace taskwire::tools
