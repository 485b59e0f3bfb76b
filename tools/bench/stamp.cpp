#include <bench/stamp.hpp>

#include <cstring>

namespace taskwire::tools {

void write_stamp(const stamp& from, std::span<char> body) {
    const std::int64_t ns =
        std::chrono::duration_cast<std::chrono::nanoseconds>(from.due.time_since_epoch()).count();
    std::memcpy(body.data(), &from.run, 4);
    std::memcpy(body.data() + 4, &from.producer, 4);
    std::memcpy(body.data() + 8, &from.sequence, 8);
    std::memcpy(body.data() + 16, &ns, 8);
}

std::optional<stamp> read_stamp(std::string_view body) {
    if (body.size() < stamp_size)
        return std::nullopt;
    stamp result;
    std::int64_t ns = 0;
    std::memcpy(&result.run, body.data(), 4);
    std::memcpy(&result.producer, body.data() + 4, 4);
    std::memcpy(&result.sequence, body.data() + 8, 8);
    std::memcpy(&ns, body.data() + 16, 8);
    result.due = stamp::clock::time_point(std::chrono::nanoseconds(ns));
    return result;
}

} // namespace taskwire::tools
