#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace taskwire::simulation {

/// A seed that once failed, and what it had found. It is lived through in every run of the tests.
/// A change of what seeds decide makes it another story, so a bug also gets a test of its own.
struct regression {
    std::uint64_t seed;
    std::string_view found;
};

inline constexpr std::array<regression, 0> regressions{};

} // namespace taskwire::simulation
