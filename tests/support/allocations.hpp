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

/// While it exists, operator new throws when asked for more than `bytes` at once.
/// *Thread safety*: holds for all threads; one at a time.
class allocation_limit {
  public:
    explicit allocation_limit(std::size_t bytes);
    allocation_limit(const allocation_limit&) = delete;
    allocation_limit& operator=(const allocation_limit&) = delete;
    ~allocation_limit();
};

/// How much more memory from operator new is in use at the most, from its construction on.
/// *Thread safety*: counts all threads; one at a time.
class peak_growth {
  public:
    peak_growth();
    std::size_t bytes() const;

  private:
    std::size_t begin_;
};

} // namespace taskwire::test
