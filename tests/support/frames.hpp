#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <taskwire/frame.hpp>
#include <taskwire/spec.gen.hpp>

/// Bytes as a server sends them.
namespace taskwire::test {

/// A frame of any type, also of none that exists.
std::string raw_frame(unsigned type, std::uint16_t channel, std::string_view payload);

/// A method frame from numbers and argument bytes.
std::string raw_method(std::uint16_t channel, method_id id, std::string_view arguments);

template <class Method>
std::string method(std::uint16_t channel, const Method& value) {
    std::string arguments(wire::measure(value).size, '\0');
    wire::encode(arguments.data(), value);
    return raw_method(channel, Method::id, arguments);
}

std::string raw_header(std::uint16_t channel, std::uint16_t class_id, std::uint16_t weight,
                       std::uint64_t body_size, std::string_view property_list);
std::string header(std::uint16_t channel, std::uint64_t body_size,
                   const spec::basic::properties& properties = {});
std::string body(std::uint16_t channel, std::string_view bytes);
std::string heartbeat();

/// The fields of a table in which arrays nest: `depth` levels, the table included.
std::string nested_arrays(std::size_t depth);
/// The same of tables.
std::string nested_tables(std::size_t depth);

/// Method, header and a body in pieces of `piece_max` bytes.
template <class Method>
std::string message(std::uint16_t channel, const Method& value, std::string_view bytes,
                    const spec::basic::properties& properties = {}, std::size_t piece_max = 4088) {
    auto frames = method(channel, value) + header(channel, bytes.size(), properties);
    while (!bytes.empty()) {
        frames += body(channel, bytes.substr(0, piece_max));
        bytes.remove_prefix(std::min(piece_max, bytes.size()));
    }
    return frames;
}

} // namespace taskwire::test
