#include <common/duration_histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace taskwire::tools {

void duration_histogram::add(std::chrono::milliseconds duration) {
    constexpr std::int64_t ms_limit = (std::int64_t{1} << value_bits_max) - 1;
    const auto ms =
        static_cast<std::uint64_t>(std::clamp<std::int64_t>(duration.count(), 0, ms_limit));
    // The top precision_bits + 1 bits choose the bucket, so that its width grows with the value.
    const auto width = static_cast<unsigned>(std::bit_width(ms));
    const unsigned shift = width > precision_bits + 1 ? width - precision_bits - 1 : 0;
    ++buckets_[(std::size_t{shift} << precision_bits) + (ms >> shift)];
    ++count_;
    ms_max_ = std::max(ms_max_, ms);
}

std::optional<std::chrono::milliseconds> duration_histogram::percentile(double share) const {
    if (count_ == 0) {
        return std::nullopt;
    }
    const double exact_rank = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
    const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(exact_rank), 1);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < bucket_count; ++i) {
        seen += buckets_[i];
        if (seen >= rank) {
            const std::size_t octave = i >> precision_bits;
            const std::size_t shift = octave > 0 ? octave - 1 : 0;
            const std::uint64_t lowest = std::uint64_t{i - (shift << precision_bits)} << shift;
            const std::uint64_t middle = lowest + ((std::uint64_t{1} << shift) >> 1U);
            return std::chrono::milliseconds(std::min(middle, ms_max_));
        }
    }
    return std::chrono::milliseconds(ms_max_);
}

} // namespace taskwire::tools
