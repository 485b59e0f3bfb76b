#include <common/duration_histogram.hpp>

#include <algorithm>

namespace taskwire::tools {

void duration_histogram::add(std::chrono::milliseconds duration) {
    values_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)));
}

std::optional<std::chrono::milliseconds> duration_histogram::percentile(double share) const {
    const auto ms = values_.percentile(share);
    if (!ms) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(*ms);
}

} // namespace taskwire::tools
