#pragma once

#include <cstddef>

namespace taskwire::test {

/// What operator new was asked for so far. A program that uses it replaces operator new, so it
/// links allocations.cpp by name.
struct allocations {
    std::size_t count = 0;
    std::size_t bytes = 0;
    std::size_t live = 0; ///< bytes that were not freed yet
    std::size_t peak = 0; ///< the most that ever lived since `forget_peak`
};

allocations allocated();
void forget_peak();

} // namespace taskwire::test
