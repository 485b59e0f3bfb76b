#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace taskwire::bench {

/// What a client program of this folder is asked to do:
///
///     PROGRAM MODE PORT COUNT [BODY [WINDOW [CHANNELS]]]
///
/// The window is what may be unconfirmed, or the prefetch; channels share it evenly.
struct workload {
    std::string_view mode;
    std::uint16_t port = 0;
    std::size_t count = 0;  ///< messages
    std::size_t body = 256; ///< bytes
    std::size_t window = 0; ///< messages
    std::uint16_t channels = 1;

    std::size_t window_of_channel() const { return std::max<std::size_t>(window / channels, 1); }

    /// The window in bytes of bodies, for clients that have one: their memory follows it. A few
    /// bodies of any size fit in.
    std::size_t window_bytes() const { return std::max(std::size_t{2} << 20U, 4 * body); }

    /// Messages that fit into both windows.
    std::size_t places() const {
        return std::min(window_bytes() / std::max<std::size_t>(body, 1), window);
    }

    static workload from(int count, char** words) {
        if (count < 4) {
            std::fprintf(stderr, "usage: %s MODE PORT COUNT [BODY [WINDOW [CHANNELS]]]\n",
                         words[0]);
            std::exit(2);
        }
        const auto number = [&](int at, unsigned long other) {
            return at < count ? std::strtoul(words[at], nullptr, 10) : other;
        };
        workload result;
        result.mode = words[1];
        result.port = static_cast<std::uint16_t>(number(2, 0));
        result.count = number(3, 0);
        result.body = number(4, 256);
        result.window = number(5, result.mode.starts_with("consume") ? 256 : 1024);
        result.channels = static_cast<std::uint16_t>(std::max(number(6, 1), 1UL));
        return result;
    }
};

} // namespace taskwire::bench
