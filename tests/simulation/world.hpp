#pragma once

#include <cstdint>

#include <simulation/basics.hpp>

namespace taskwire::simulation {

struct outcome {
    std::uint64_t hash = 0;   ///< of all that happened
    std::uint32_t events = 0; ///< steps of virtual time
    duration lasted{};        ///< virtual time
};

/// Lives through all that `seed` decides.
/// *Errors*: throws `failure` when a promise was broken.
outcome run(std::uint64_t seed, bool tracing);

} // namespace taskwire::simulation
