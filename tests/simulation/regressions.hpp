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

inline constexpr std::array regressions{
    // in the protocol
    regression{49202, "bindings of a server-named queue that could not be declared were tried"},
    // in the model and its owner of machines
    regression{597, "a write under way when the connection closed was written twice"},
    regression{3073, "the same, with acknowledgements"},
    regression{5215, "a connection that the broker was closing counted as served"},
    regression{9121, "so did one that only the broker still believed in"},
    regression{19853, "a full socket took single bytes, one event each"},
    regression{20782, "a binding fails rightly when its exchange could not be declared"},
    regression{24464, "a reset swallowed the end of a connection that had been cut"},
    regression{311709, "an application bound for ever a queue that could not be declared again"},
    // bugs planted on trial that few seeds find
    regression{7863, "commands were taken while a channel was closing"},
    regression{654, "a request that timed out did not take its channel along"},
    regression{1224, "a replay stopped at its first failure"},
};

} // namespace taskwire::simulation
