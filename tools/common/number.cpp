#include <common/number.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace taskwire::tools {

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t end = digits.size(); end > 3; end -= 3) {
        digits.insert(end - 3, 1, ' ');
    }
    return digits;
}

std::string format_rate(double count_per_s) {
    const double rate = std::max(count_per_s, 0.0);
    if (rate < 0.05) {
        return "0/s";
    }
    // The limits lie where the shorter form would round up to the next: 9.96 is 10, not 10.0.
    if (rate < 9.95) {
        return fmt::format("{:.1f}/s", rate);
    }
    if (rate < 999.5) {
        return fmt::format("{:.0f}/s", rate);
    }
    if (rate < 99'950.0) {
        return fmt::format("{:.1f}k/s", rate / 1e3);
    }
    return rate < 999'500.0 ? fmt::format("{:.0f}k/s", rate / 1e3)
                            : fmt::format("{:.1f}M/s", rate / 1e6);
}

std::string format_byte_rate(double bytes_per_s) {
    const double rate = std::max(bytes_per_s, 0.0);
    if (rate < 999.5) {
        return fmt::format("{:.0f} B/s", rate);
    }
    if (rate < 999'950.0) {
        return fmt::format("{:.1f} kB/s", rate / 1e3);
    }
    return rate < 999'950'000.0 ? fmt::format("{:.1f} MB/s", rate / 1e6)
                                : fmt::format("{:.1f} GB/s", rate / 1e9);
}

} // namespace taskwire::tools
