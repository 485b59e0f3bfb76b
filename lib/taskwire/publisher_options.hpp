#pragma once

#include <chrono>
#include <cstddef>

namespace taskwire {

/// What becomes of messages that are unconfirmed when the connection is lost. Only a `client`'s
/// publisher lives to see more than one connection.
enum class on_loss {
    report,        ///< their outcome is `unknown`
    publish_again, ///< they go out on the next connection; receivers may see them twice
};

/// Limits of a publisher.
struct publisher_options {
    std::size_t unconfirmed_count_max = 1'000;                  ///< messages
    std::size_t unconfirmed_bytes_max = std::size_t{16} << 20U; ///< bytes of bodies
    /// Bytes that the connection has queued for its socket: above it a message waits, whatever the
    /// window admits. More would cost memory and gain no speed.
    std::size_t unsent_bytes_max = std::size_t{2} << 20U;
    std::size_t waiting_count_max = 100'000;                    ///< messages
    std::size_t waiting_bytes_max = std::size_t{64} << 20U;     ///< bytes of bodies
    /// From the call to the broker's answer, time spent waiting or blocked included. With
    /// `publish_again` it stands still while there is no connection, and starts anew after.
    std::chrono::milliseconds confirm_timeout{30'000};
    /// `publish_again` keeps a copy of every unconfirmed message; the limits above bound it.
    taskwire::on_loss on_loss = taskwire::on_loss::report;
};

} // namespace taskwire
