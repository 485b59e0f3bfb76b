#pragma once

#include <cstddef>

#include <support/judge.hpp>

#include "input.hpp"

namespace taskwire::fuzz {

using test::hold;

/// What is fuzzed, and the memory that it must make do with: an input's size times `heap_per_byte`,
/// and `heap_fixed` bytes besides. Its stack is 256 KiB (see entry.cpp).
struct target {
    void (*run)(input in);
    std::size_t heap_fixed;
    std::size_t heap_per_byte;
};

/// Each fuzzer defines one.
extern const target fuzzed;

} // namespace taskwire::fuzz
