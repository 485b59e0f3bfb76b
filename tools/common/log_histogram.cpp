#include <common/log_histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace taskwire::tools {

void log_histogram::add(std::uint64_t value) {
    value = std::min(value, value_max);
    // The top precision_bits + 1 bits choose the bucket, so that its width grows with the value.
    const auto width = static_cast<unsigned>(std::bit_width(value));
    const unsigned shift = width > precision_bits + 1 ? width - precision_bits - 1 : 0;
    ++buckets_[(std::size_t{shift} << precision_bits) + (value >> shift)];
    ++count_;
    max_ = std::max(max_, value);
}

std::optional<std::uint64_t> log_histogram::percentile(double share) const {
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
            return std::min(middle, max_);
        }
    }
    return max_;
}

} // namespace taskwire::tools
