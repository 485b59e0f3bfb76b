#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <taskwire/spec.gen.hpp>

#include "random_values.hpp"

/// Our side of a comparison: values to bytes and back, as the machine does it.
namespace taskwire::test {

/// Class and method number and the arguments: a method frame's payload. Names that the client
/// would refuse to send are written too: a server may send them.
inline std::string encoded(const spec::any_method& method) {
    return std::visit(
        [](const auto& each) {
            std::string bytes(4 + wire::measure(each).size, '\0');
            char* to = wire::store(bytes.data(), each.id.packed());
            REQUIRE(wire::encode(to, each) == bytes.data() + bytes.size());
            return bytes;
        },
        method);
}

/// *Lifetimes*: what comes out looks into `bytes`.
inline spec::any_method decoded_method(std::string_view bytes) {
    REQUIRE(bytes.size() >= 4);
    const auto packed = wire::load<std::uint32_t>(bytes.data());
    const method_id id{static_cast<std::uint16_t>(packed >> 16U),
                       static_cast<std::uint16_t>(packed & 0xffffU)};
    wire::reader in{bytes.substr(4)};
    spec::any_method method;
    REQUIRE(spec::decode_method(id, in, method));
    return method;
}

/// Flags and properties.
inline std::string encoded(const spec::basic::properties& properties) {
    const auto size = wire::measure(properties);
    REQUIRE(size.fault == errc{});
    std::string bytes(2 + size.size, '\0');
    REQUIRE(wire::encode_properties(bytes.data(), properties) == bytes.data() + bytes.size());
    return bytes;
}

/// *Lifetimes*: what comes out looks into `bytes`.
inline spec::basic::properties decoded_properties(std::string_view bytes) {
    wire::reader in{bytes};
    spec::basic::properties properties;
    REQUIRE(wire::decode_properties(in, properties));
    REQUIRE(in.left() == 0);
    return properties;
}

/// Any method, all of them in turn, with random arguments.
inline spec::any_method random_method(random_values& random, std::size_t index) {
    using maker = spec::any_method (*)(random_values&);
    constexpr auto count = std::variant_size_v<spec::any_method>;
    static constexpr auto makers = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<maker, sizeof...(I)>{[](random_values& from) -> spec::any_method {
            return from.fields<std::variant_alternative_t<I, spec::any_method>>();
        }...};
    }
    (std::make_index_sequence<count>{});
    return makers[index % count](random);
}

} // namespace taskwire::test
