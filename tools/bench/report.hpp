#pragma once

#include <bench/load.hpp>
#include <bench/options.hpp>
#include <bench/verifier.hpp>
#include <common/log_histogram.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

// What a run has found, as pure functions from numbers to text.
namespace taskwire::tools {

// Units: nanoseconds.
struct latency_summary {
    std::uint64_t count = 0;
    std::uint64_t p50 = 0;
    std::uint64_t p95 = 0;
    std::uint64_t p99 = 0;
    std::uint64_t p999 = 0;
    std::uint64_t max = 0;
};

// Nothing if there are no values.
std::optional<latency_summary> summarize(const log_histogram& values);

// Messages in a time.
struct throughput {
    std::uint64_t count = 0;
    std::chrono::nanoseconds elapsed{0};

    double per_s() const;
};

struct bench_report {
    std::string product; // RabbitMQ
    std::string version;
    std::string hosts;
    std::optional<throughput> published = {};                   // confirmed; absent: not measured
    std::optional<throughput> consumed = {};                    // acknowledged
    std::chrono::microseconds cpu{0};                           // our own, while it was measured
    std::optional<std::chrono::microseconds> children_cpu = {}; // of mode exec
    std::optional<latency_summary> confirm = {};
    std::optional<latency_summary> consume = {};
    std::optional<latency_summary> process = {};
    std::uint64_t nacked = 0;
    std::uint64_t unknown = 0;
    std::uint64_t failed = 0;  // tasks
    std::uint64_t left = 0;    // tasks that were not done when the time was over
    std::uint64_t overdue = 0; // messages that were due by then, and not sent
    std::optional<verdict_counts> verified = {};
    bool interrupted = false;

    // Units: microseconds. Each message counts once, however many ways it went.
    double cpu_us_per_message() const;
};

// Several lines.
std::string render(const bench_report& report, const bench_options& options);
// One object in one line.
std::string render_json(const bench_report& report, const bench_options& options);

// For people, in three digits: 950 ns, 77.2 µs, 1.25 ms, 2.10 s.
std::string format_latency(std::uint64_t ns);

} // namespace taskwire::tools
