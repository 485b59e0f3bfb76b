#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace taskwire::tools {

// What stands at the beginning of every body: whose message it is, its number, and when it was due.
// It is written and read by one process, so it is in the machine's own byte order.
struct stamp {
    using clock = std::chrono::steady_clock;

    std::uint32_t run = 0; // random: tells our messages from anybody else's
    std::uint32_t producer = 0;
    std::uint64_t sequence = 0; // of the producer, from 0
    clock::time_point due;
};

inline constexpr std::size_t stamp_size = 24; // bytes

// `body` has at least stamp_size bytes.
void write_stamp(const stamp& from, std::span<char> body);

// Nothing if the body is too short to hold one.
std::optional<stamp> read_stamp(std::string_view body);

} // namespace taskwire::tools
