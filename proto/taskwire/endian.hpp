#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>

#include <taskwire/types.hpp>

namespace taskwire::wire {

/// Reads an unsigned integer in network byte order. Needs sizeof(Unsigned) readable bytes.
template <std::unsigned_integral Unsigned>
TASKWIRE_INLINE Unsigned load(const char* from) noexcept {
    Unsigned value{};
    std::memcpy(&value, from, sizeof value);
    if constexpr (sizeof value == 2)
        value = __builtin_bswap16(value);
    else if constexpr (sizeof value == 4)
        value = __builtin_bswap32(value);
    else if constexpr (sizeof value == 8)
        value = __builtin_bswap64(value);
    return value;
}

/// Writes an unsigned integer in network byte order and returns the place behind it.
template <std::unsigned_integral Unsigned>
TASKWIRE_INLINE char* store(char* to, Unsigned value) noexcept {
    if constexpr (sizeof value == 2)
        value = __builtin_bswap16(value);
    else if constexpr (sizeof value == 4)
        value = __builtin_bswap32(value);
    else if constexpr (sizeof value == 8)
        value = __builtin_bswap64(value);
    std::memcpy(to, &value, sizeof value);
    return to + sizeof value;
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "big-endian hosts need load and store");

} // namespace taskwire::wire
