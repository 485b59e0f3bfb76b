#include <bench/report.hpp>

#include <common/number.hpp>
#include <common/size.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace taskwire::tools {

namespace {

using json = nlohmann::ordered_json;

const char* queue_type_of(const bench_options& options) {
    return options.client.type == queue_type::quorum ? "quorum" : "classic";
}

std::string count_of(std::uint64_t number, const char* what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string render_settings(const bench_options& options) {
    std::string line = fmt::format("{}: {}", to_string(options.mode), format_size(options.size));
    if (!options.fills_first())
        line += fmt::format(", {} with window {}", count_of(options.producers, "producer"),
                            options.window);
    if (options.mode != bench_mode::publish)
        line += fmt::format(", {} with {}", count_of(options.consumers, "consumer"),
                            options.prefetch == 0 ? "no prefetch limit"
                                                  : fmt::format("prefetch {}", options.prefetch));
    if (options.rate)
        line += fmt::format(", {}/s each", *options.rate);
    return line + (options.transient ? ", transient\n" : ", persistent\n");
}

std::string render_row(const char* name, const throughput& row, std::size_t size) {
    return fmt::format("{:<20} {:>12} {:>9} {:>11}   in {:.1f} s\n", name, grouped(row.count),
                       format_rate(row.per_s()),
                       format_byte_rate(row.per_s() * static_cast<double>(size)),
                       static_cast<double>(row.elapsed.count()) / 1e9);
}

std::string render_row(const char* name, const std::optional<latency_summary>& row) {
    if (!row)
        return {};
    return fmt::format("{:<20} {:>12} {:>9} {:>9} {:>9} {:>9}\n", name, format_latency(row->p50),
                       format_latency(row->p95), format_latency(row->p99),
                       format_latency(row->p999), format_latency(row->max));
}

std::string render_verdict(const verdict_counts& found) {
    std::string line = fmt::format("verified: {} lost, {} duplicated, {} reordered", found.lost,
                                   found.duplicated, found.reordered);
    if (found.foreign > 0)
        line += fmt::format(", {} not ours", found.foreign);
    return line + "\n";
}

const char* consume_row_name(const bench_options& options) {
    return options.mode == bench_mode::exec ? "publish to done" : "publish to consume";
}

// One digit behind the point: more would only be noise.
double us_of(std::uint64_t ns) {
    const std::uint64_t tenths = (ns + 50) / 100;
    return static_cast<double>(tenths) / 10.0;
}

json to_json(const std::optional<latency_summary>& from) {
    if (!from)
        return nullptr;
    return {{"count", from->count},    {"p50", us_of(from->p50)},    {"p95", us_of(from->p95)},
            {"p99", us_of(from->p99)}, {"p99.9", us_of(from->p999)}, {"max", us_of(from->max)}};
}

json to_json(const std::optional<throughput>& from) {
    if (!from)
        return nullptr;
    return {{"messages", from->count},
            {"seconds", static_cast<double>(from->elapsed.count()) / 1e9},
            {"per_s", from->per_s()}};
}

json to_json(const std::optional<verdict_counts>& from) {
    if (!from)
        return nullptr;
    return {{"lost", from->lost},
            {"duplicated", from->duplicated},
            {"reordered", from->reordered},
            {"foreign", from->foreign}};
}

json settings_json(const bench_options& options) {
    json result{{"mode", to_string(options.mode)},
                {"queue_type", queue_type_of(options)},
                {"producers", options.producers},
                {"consumers", options.consumers},
                {"size", options.size},
                {"prefetch", options.prefetch},
                {"window", options.window},
                {"persistent", !options.transient}};
    result["rate"] = options.rate ? json(*options.rate) : json(nullptr);
    if (options.mode == bench_mode::exec)
        result["command"] = options.command;
    return result;
}

} // namespace

std::optional<latency_summary> summarize(const log_histogram& values) {
    if (values.count() == 0)
        return std::nullopt;
    const auto at = [&](double share) { return values.percentile(share).value_or(0); };
    return latency_summary{values.count(), at(0.5), at(0.95), at(0.99), at(0.999), values.max()};
}

double throughput::per_s() const {
    const double s = static_cast<double>(elapsed.count()) / 1e9;
    return static_cast<double>(count) / std::max(s, 1e-6);
}

double bench_report::cpu_us_per_message() const {
    const std::uint64_t messages =
        std::max(published ? published->count : 0, consumed ? consumed->count : 0);
    return static_cast<double>(cpu.count()) /
           static_cast<double>(std::max<std::uint64_t>(messages, 1));
}

std::string render(const bench_report& report, const bench_options& options) {
    std::string out = fmt::format("{} {} at {}, {} queue, client CPU {:.1f} µs/message\n",
                                  report.product, report.version, report.hosts,
                                  queue_type_of(options), report.cpu_us_per_message());
    out += render_settings(options);
    if (report.published)
        out += render_row("published", *report.published, options.size);
    if (report.consumed)
        out += render_row(options.mode == bench_mode::exec ? "tasks done" : "consumed",
                          *report.consumed, options.size);
    if (report.confirm || report.consume || report.process)
        out += fmt::format("{:<20} {:>12} {:>9} {:>9} {:>9} {:>9}\n", "", "p50", "p95", "p99",
                           "p99.9", "max");
    out += render_row("publish to confirm", report.confirm);
    out += render_row(consume_row_name(options), report.consume);
    out += render_row("process", report.process);
    if (report.nacked + report.unknown > 0)
        out += fmt::format("not confirmed: {} nacked, {} unknown\n", report.nacked, report.unknown);
    if (report.failed > 0)
        out += fmt::format("failed: {}\n", count_of(report.failed, "task"));
    if (report.overdue > 0)
        out += fmt::format("due but not sent: {}\n", count_of(report.overdue, "message"));
    if (report.left > 0)
        out += fmt::format("left when the time was over: {}\n", count_of(report.left, "task"));
    if (report.verified)
        out += render_verdict(*report.verified);
    else if (options.verify)
        out += "not verified: it did not run to its end\n";
    return out;
}

std::string render_json(const bench_report& report, const bench_options& options) {
    json out = settings_json(options);
    out["broker"] = {
        {"product", report.product}, {"version", report.version}, {"hosts", report.hosts}};
    out["published"] = to_json(report.published);
    out["consumed"] = to_json(report.consumed);
    out["nacked"] = report.nacked;
    out["unknown"] = report.unknown;
    out["failed"] = report.failed;
    out["due_not_sent"] = report.overdue;
    if (options.mode == bench_mode::exec)
        out["left"] = report.left;
    out["client_cpu_us_per_message"] = report.cpu_us_per_message();
    if (report.children_cpu)
        out["children_cpu_us"] = report.children_cpu->count();
    out["latency_us"] = {{"publish_confirm", to_json(report.confirm)},
                         {"publish_consume", to_json(report.consume)}};
    if (options.mode == bench_mode::exec)
        out["latency_us"]["process"] = to_json(report.process);
    out["verify"] = to_json(report.verified);
    out["interrupted"] = report.interrupted;
    // The broker's words need not be UTF-8.
    return out.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string format_latency(std::uint64_t ns) {
    const double value = static_cast<double>(ns);
    if (ns < 1'000)
        return fmt::format("{} ns", ns);
    const auto [scaled, unit] = value < 999.5e3   ? std::pair{value / 1e3, "µs"}
                                : value < 999.5e6 ? std::pair{value / 1e6, "ms"}
                                                  : std::pair{value / 1e9, "s"};
    const int digits = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f} {}", scaled, digits, unit);
}

} // namespace taskwire::tools
