#include <common/size.hpp>

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace taskwire::tools {

namespace {

// The power of two that the suffix stands for, -1 if it is not one.
int suffix_shift(std::string_view suffix) {
    if (suffix.empty()) {
        return 0;
    }
    if (suffix == "K" || suffix == "k") {
        return 10;
    }
    if (suffix == "M" || suffix == "m") {
        return 20;
    }
    return suffix == "G" || suffix == "g" ? 30 : -1;
}

} // namespace

std::string parse_size(std::string_view text, std::uint64_t& out) {
    std::uint64_t count = 0;
    const auto [after, status] = std::from_chars(text.data(), text.data() + text.size(), count);
    const int shift = suffix_shift(text.substr(static_cast<std::size_t>(after - text.data())));
    if (status == std::errc::invalid_argument || shift < 0) {
        return fmt::format("'{}' is not a size; write 4096, 64K, 16M or 2G", text);
    }
    if (status != std::errc{} || count > std::numeric_limits<std::uint64_t>::max() >> shift) {
        return fmt::format("'{}' is too large", text);
    }
    out = count << shift;
    return {};
}

std::string format_size(std::uint64_t size) {
    if (size < 1024) {
        return fmt::format("{} byte{}", size, size == 1 ? "" : "s");
    }
    constexpr std::string_view names[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = static_cast<double>(size) / 1024.0;
    std::size_t i = 0;
    while (value >= 1024.0 && i + 1 < std::size(names)) {
        value /= 1024.0;
        ++i;
    }
    const std::string digits = fmt::format("{:.1f}", value);
    const std::string_view shown = digits;
    return fmt::format("{} {}", shown.ends_with(".0") ? shown.substr(0, shown.size() - 2) : shown,
                       names[i]);
}

} // namespace taskwire::tools
