#pragma once

#include <cstdlib>
#include <string_view>

namespace taskwire::test {

/// TASKWIRE_TEST_LONG=1 asks for the long form.
inline bool is_long_run() {
    const char* wanted = std::getenv("TASKWIRE_TEST_LONG");
    return wanted != nullptr && std::string_view{wanted} == "1";
}

} // namespace taskwire::test
