#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace taskwire {

/// What a consumer does when the broker ends it: its queue was deleted, or its leader is gone.
enum class on_cancel {
    end,           ///< `next` fails with errc::consumer_cancelled
    consume_again, ///< after a pause; a queue that is gone is then the 404 that `next` fails with
};

/// How a consumer takes its messages.
struct consumer_options {
    /// Unacknowledged deliveries at a time. 1 is fair dispatch: a busy consumer gets nothing more.
    /// 0 is "no limit", bounded by `delivery_count_max` and `delivery_bytes_max`.
    std::uint16_t prefetch_count = 1;
    bool no_ack = false;    ///< deliveries are settled when sent: a crash loses them
    bool exclusive = false; ///< fails with 403 when the queue has other consumers
    /// Deliveries that wait for `next()`, and their bytes; above that the channel is closed. One
    /// delivery may always wait, whatever its size.
    std::size_t delivery_count_max = 65'535;
    std::size_t delivery_bytes_max = std::size_t{256} << 20U;
    taskwire::on_cancel on_cancel = taskwire::on_cancel::end;
    /// Pauses before consuming again: the first one, and what it grows to.
    std::chrono::milliseconds consume_again_pause{100};
    std::chrono::milliseconds consume_again_pause_max{30'000};
};

} // namespace taskwire
