#pragma once

#include <cstddef>

namespace taskwire::test {

/// What operator new was asked for so far. A program that uses it replaces operator new, so it
/// links allocations.cpp by name.
struct allocations {
    std::size_t count = 0;
    std::size_t bytes = 0;
};

allocations allocated();

} // namespace taskwire::test
