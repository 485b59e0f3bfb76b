#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

// The lines that show how far a run is, as pure functions from counts to text.
namespace taskwire::tools {

// Where the producer is.
struct producer_progress {
    std::uint64_t done = 0; // tasks whose fate is known
    std::optional<std::uint64_t> total = {};
    double rate_per_s = 0;
    std::uint64_t unconfirmed = 0;
    bool is_connected = true;
};

// `12 480/50 000 24% 8.2k/s unconfirmed 640 ETA 4s`, behind a bar if there is room; count and rate
// if the total is unknown. Whole parts are left out, the least important first, to fit `width`.
std::string render(const producer_progress& progress, std::size_t width);

// Where the worker is. Absent counts are those of features that are not in use.
struct worker_status {
    std::uint64_t ok = 0;
    std::optional<std::uint64_t> retried = {};
    std::uint64_t failed = 0;
    std::uint64_t busy = 0;
    std::uint64_t slots = 0;
    std::optional<std::uint64_t> ready = {}; // in the queue
    double rate_per_s = 0;
    bool paused = false;
    bool is_connected = true;
};

// `ok 812  retried 7  failed 1  8/8 busy  ready 1 204  42/s  ETA 29s`, fitted likewise.
std::string render(const worker_status& status, std::size_t width);

// What is left at this rate; absent if it cannot be said.
std::optional<std::chrono::milliseconds> remaining_time(std::uint64_t left, double rate_per_s);

} // namespace taskwire::tools
