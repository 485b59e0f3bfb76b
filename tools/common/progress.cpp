#include <common/progress.hpp>

#include <common/duration.hpp>
#include <common/number.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace taskwire::tools {

namespace {

constexpr std::size_t bar_width_max = 30;
constexpr std::size_t bar_width_min = 10;

// A piece of a line; those of the highest rank are left out first. Rank 0 is only ever cut short.
struct part {
    std::string text;
    int rank = 0;
};

std::size_t joined_width(const std::vector<part>& parts, std::string_view gap) {
    std::size_t width = parts.empty() ? 0 : (parts.size() - 1) * gap.size();
    for (const part& p : parts) {
        width += p.text.size();
    }
    return width;
}

// Every character here is one byte and one column wide.
std::string fit(std::vector<part> parts, std::string_view gap, std::size_t width) {
    while (joined_width(parts, gap) > width) {
        const auto least = std::max_element(parts.begin(), parts.end(),
                                            [](auto& a, auto& b) { return a.rank < b.rank; });
        if (least == parts.end() || least->rank == 0) {
            break;
        }
        parts.erase(least);
    }
    std::string line;
    for (const part& p : parts) {
        line += line.empty() ? "" : gap;
        line += p.text;
    }
    line.resize(std::min(line.size(), width));
    return line;
}

std::string render_bar(std::uint64_t done, std::uint64_t total, std::size_t width) {
    const double share = static_cast<double>(done) / static_cast<double>(total);
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
    std::string bar(std::min(filled, width), '=');
    if (bar.size() < width) {
        bar += '>';
    }
    bar.resize(width, ' ');
    return "[" + bar + "] ";
}

constexpr std::string_view no_connection = "no connection";

// In whole seconds: tenths would only flicker.
std::string render_eta(std::chrono::milliseconds left) {
    return left < std::chrono::minutes(1) ? fmt::format("ETA {}s", left.count() / 1000)
                                          : "ETA " + format_duration(left);
}

} // namespace

std::optional<std::chrono::milliseconds> remaining_time(std::uint64_t left, double rate_per_s) {
    constexpr double s_max = 100.0 * 24 * 3600; // beyond, an estimate is no help to anyone
    const double s = rate_per_s > 0 ? static_cast<double>(left) / rate_per_s : s_max;
    if (s >= s_max) {
        return std::nullopt;
    }
    return std::chrono::seconds(std::llround(s));
}

std::string render(const producer_progress& progress, std::size_t width) {
    const std::string unconfirmed = fmt::format("unconfirmed {}", grouped(progress.unconfirmed));
    const std::string rate = format_rate(progress.rate_per_s);
    if (!progress.total || *progress.total == 0) {
        std::vector<part> parts = {{grouped(progress.done), 0}, {rate, 2}, {unconfirmed, 3}};
        if (!progress.is_connected) {
            parts.push_back({std::string(no_connection), 1});
        }
        return fit(std::move(parts), " ", width);
    }
    // More may come than was announced: a file that grows.
    const std::uint64_t total = std::max(*progress.total, progress.done);
    const double share = static_cast<double>(progress.done) / static_cast<double>(total);
    std::vector<part> parts = {
        {fmt::format("{}/{}", grouped(progress.done), grouped(total)), 0},
        {fmt::format("{}%", static_cast<int>(share * 100.0)), 1},
        {rate, 2},
        {unconfirmed, 4},
    };
    if (!progress.is_connected) {
        parts.push_back({std::string(no_connection), 1});
    } else if (const auto left = remaining_time(total - progress.done, progress.rate_per_s)) {
        parts.push_back({render_eta(*left), 3});
    }
    const std::size_t text_width = joined_width(parts, " ");
    std::string line = fit(std::move(parts), " ", width);
    if (text_width + bar_width_min + 3 <= width) {
        const std::size_t bar_width = std::min(bar_width_max, width - text_width - 3);
        line.insert(0, render_bar(progress.done, total, bar_width));
    }
    return line;
}

std::string render(const worker_status& status, std::size_t width) {
    std::vector<part> parts = {{fmt::format("ok {}", grouped(status.ok)), 0}};
    if (status.retried) {
        parts.push_back({fmt::format("retried {}", grouped(*status.retried)), 4});
    }
    parts.push_back({fmt::format("failed {}", grouped(status.failed)), 1});
    parts.push_back({fmt::format("{}/{} busy", status.busy, status.slots), 2});
    if (status.ready) {
        parts.push_back({fmt::format("ready {}", grouped(*status.ready)), 3});
    }
    parts.push_back({format_rate(status.rate_per_s), 5});
    if (!status.is_connected) {
        parts.push_back({std::string(no_connection), 1});
    } else if (status.paused) {
        parts.push_back({"paused", 1});
    } else if (const auto left = remaining_time(status.ready.value_or(0), status.rate_per_s);
               left && status.ready) {
        parts.push_back({render_eta(*left), 6});
    }
    return fit(std::move(parts), "  ", width);
}

} // namespace taskwire::tools
