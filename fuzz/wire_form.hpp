#pragma once

#include <string>
#include <string_view>

#include <support/judge.hpp>
#include <taskwire/wire.hpp>

/// Methods and property lists alike: as bytes and back.
namespace taskwire::fuzz {

template <class Fields>
inline constexpr bool is_method = requires {
    Fields::id;
};

/// Encoding reads every field, and measures it before.
template <class Fields>
std::string encoded(const Fields& value) {
    std::string bytes(wire::measure(value).size + (is_method<Fields> ? 0 : 2), '\0');
    const char* end = nullptr;
    if constexpr (is_method<Fields>)
        end = wire::encode(bytes.data(), value);
    else
        end = wire::encode_properties(bytes.data(), value);
    test::hold(end == bytes.data() + bytes.size(), "the encoded size is the measured one");
    return bytes;
}

template <class Fields>
bool decode(wire::reader& in, Fields& value) {
    if constexpr (is_method<Fields>)
        return wire::decode(in, value);
    else
        return wire::decode_properties(in, value);
}

} // namespace taskwire::fuzz
