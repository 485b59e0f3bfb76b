#pragma once

#include <cstdlib>

namespace taskwire::test {

/// TASKWIRE_TEST_LONG asks for the long form.
inline bool is_long_run() {
    return std::getenv("TASKWIRE_TEST_LONG") != nullptr;
}

} // namespace taskwire::test
