#include <common/duration.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <utility>

namespace taskwire::tools {

namespace {

constexpr std::int64_t second_ms = 1000;
constexpr std::int64_t minute_ms = 60 * second_ms;
constexpr std::int64_t hour_ms = 60 * minute_ms;
constexpr std::int64_t day_ms = 24 * hour_ms;
// Far below what a steady_clock can count in nanoseconds, so that adding one to now is safe.
constexpr std::int64_t duration_ms_max = std::int64_t{10} * 365 * day_ms;

constexpr std::pair<std::string_view, std::int64_t> units[] = {
    {"ms", 1}, {"s", second_ms}, {"m", minute_ms}, {"h", hour_ms}};

} // namespace

std::string parse_duration(std::string_view text, std::chrono::milliseconds& out) {
    if (text == "0") {
        out = std::chrono::milliseconds(0);
        return {};
    }
    std::uint64_t count = 0;
    const auto [after, status] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit = text.substr(static_cast<std::size_t>(after - text.data()));
    for (const auto& [name, factor_ms] : units) {
        if (status == std::errc::invalid_argument || unit != name) {
            continue;
        }
        const auto count_max = static_cast<std::uint64_t>(duration_ms_max / factor_ms);
        if (status != std::errc{} || count > count_max) {
            return fmt::format("'{}' is longer than ten years", text);
        }
        out = std::chrono::milliseconds(static_cast<std::int64_t>(count) * factor_ms);
        return {};
    }
    return fmt::format("'{}' is not a duration; write 250ms, 10s, 5m or 1h", text);
}

std::string parse_positive_duration(std::string_view text, std::chrono::milliseconds& out) {
    std::chrono::milliseconds found{0};
    std::string fault = parse_duration(text, found);
    if (!fault.empty())
        return fault;
    if (found.count() == 0)
        return "it must not be 0";
    out = found;
    return {};
}

std::string format_duration(std::chrono::milliseconds duration) {
    const std::int64_t ms = duration.count();
    if (ms < second_ms) {
        return fmt::format("{}ms", ms);
    }
    if (ms < 9'950) {
        return fmt::format("{:.1f}s", static_cast<double>(ms) / 1000.0);
    }
    const std::int64_t s = (ms + 500) / 1000;
    if (s < 60) {
        return fmt::format("{}s", s);
    }
    if (s < 3600) {
        return fmt::format("{}m{:02}s", s / 60, s % 60);
    }
    const std::int64_t m = s / 60;
    if (m < 1440) {
        return fmt::format("{}h{:02}m", m / 60, m % 60);
    }
    return fmt::format("{}d{:02}h", m / 1440, m / 60 % 24);
}

std::string spell_duration(std::chrono::milliseconds duration) {
    const std::int64_t ms = duration.count();
    if (ms == 0) {
        return "0";
    }
    std::string_view name;
    std::int64_t factor_ms = 1;
    for (const auto& [unit, unit_ms] : units) {
        if (ms % unit_ms == 0) {
            name = unit;
            factor_ms = unit_ms;
        }
    }
    return fmt::format("{}{}", ms / factor_ms, name);
}

} // namespace taskwire::tools
