#pragma once

#include <chrono>
#include <cstddef>

namespace taskwire {

/// Limits of a publisher.
struct publisher_options {
    std::size_t unconfirmed_count_max = 1'000;                  ///< messages
    std::size_t unconfirmed_bytes_max = std::size_t{16} << 20U; ///< bytes of bodies
    std::size_t waiting_count_max = 100'000;                    ///< messages
    std::size_t waiting_bytes_max = std::size_t{64} << 20U;     ///< bytes of bodies
    /// From the call to the broker's answer, time spent waiting or blocked included.
    std::chrono::milliseconds confirm_timeout{30'000};
};

} // namespace taskwire
