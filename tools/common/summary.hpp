#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

// The last line of a run, as pure functions from counts to text.
namespace taskwire::tools {

struct producer_summary {
    std::uint64_t confirmed = 0;
    std::uint64_t returned = 0;
    std::uint64_t nacked = 0;
    std::uint64_t unknown = 0;
    std::uint64_t refused = 0; // here, before they were sent: too large, bad JSON; shown if any
    std::uint64_t body_bytes = 0;
    std::chrono::milliseconds elapsed{0};
};

// `50000 confirmed, 0 returned, 0 nacked, 0 unknown in 6.1 s (8.2k/s, 1.9 MB/s)`
std::string render(const producer_summary& summary);

// Absent counts are those of features that are not in use.
struct worker_summary {
    std::uint64_t ok = 0;
    std::optional<std::uint64_t> retried = {};
    std::uint64_t failed = 0;
    std::string failed_queue = {}; // shown if a task failed; "" if they were not kept
    std::optional<std::uint64_t> returned = {};
    std::chrono::milliseconds elapsed{0};
    double busy_share = 0; // of the slots' time, 0 to 1
    std::optional<std::chrono::milliseconds> p50 = {};
    std::optional<std::chrono::milliseconds> p99 = {};
};

// `812 ok, 7 retried, 1 failed (mails.failed), 0 returned in 19.4 s; busy 91%; p50 180ms p99 1.9s`
std::string render(const worker_summary& summary);

} // namespace taskwire::tools
