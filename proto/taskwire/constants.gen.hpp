// GENERATED from proto/spec by taskwire-codegen; do not edit.
// clang-format off
#pragma once

#include <cstdint>
#include <string_view>

namespace taskwire::spec {

inline constexpr std::uint8_t protocol_major = 0;
inline constexpr std::uint8_t protocol_minor = 9;
inline constexpr std::uint8_t protocol_revision = 1;
inline constexpr std::uint16_t protocol_port = 5672;

inline constexpr std::uint8_t frame_method = 1;
inline constexpr std::uint8_t frame_header = 2;
inline constexpr std::uint8_t frame_body = 3;
inline constexpr std::uint8_t frame_heartbeat = 8;
inline constexpr std::uint32_t frame_min_size = 4096;
inline constexpr std::uint8_t frame_end = 206;

/// The codes of connection.close, channel.close and basic.return.
enum class reply_code : std::uint16_t {
    reply_success = 200,
    content_too_large = 311,
    no_route = 312,
    no_consumers = 313,
    connection_forced = 320,
    invalid_path = 402,
    access_refused = 403,
    not_found = 404,
    resource_locked = 405,
    precondition_failed = 406,
    frame_error = 501,
    syntax_error = 502,
    command_invalid = 503,
    channel_error = 504,
    unexpected_frame = 505,
    resource_error = 506,
    not_allowed = 530,
    not_implemented = 540,
    internal_error = 541,
};

/// The spec's name as RabbitMQ prints it, "NOT_FOUND"; empty for an unknown code.
constexpr std::string_view to_string(reply_code code)
{
    switch (code) {
    case reply_code::reply_success:
        return "REPLY_SUCCESS";
    case reply_code::content_too_large:
        return "CONTENT_TOO_LARGE";
    case reply_code::no_route:
        return "NO_ROUTE";
    case reply_code::no_consumers:
        return "NO_CONSUMERS";
    case reply_code::connection_forced:
        return "CONNECTION_FORCED";
    case reply_code::invalid_path:
        return "INVALID_PATH";
    case reply_code::access_refused:
        return "ACCESS_REFUSED";
    case reply_code::not_found:
        return "NOT_FOUND";
    case reply_code::resource_locked:
        return "RESOURCE_LOCKED";
    case reply_code::precondition_failed:
        return "PRECONDITION_FAILED";
    case reply_code::frame_error:
        return "FRAME_ERROR";
    case reply_code::syntax_error:
        return "SYNTAX_ERROR";
    case reply_code::command_invalid:
        return "COMMAND_INVALID";
    case reply_code::channel_error:
        return "CHANNEL_ERROR";
    case reply_code::unexpected_frame:
        return "UNEXPECTED_FRAME";
    case reply_code::resource_error:
        return "RESOURCE_ERROR";
    case reply_code::not_allowed:
        return "NOT_ALLOWED";
    case reply_code::not_implemented:
        return "NOT_IMPLEMENTED";
    case reply_code::internal_error:
        return "INTERNAL_ERROR";
    default:
        return "";
    }
}

/// A hard error closes the connection, a soft one only the channel.
constexpr bool is_hard_error(reply_code code)
{
    switch (code) {
    case reply_code::connection_forced:
    case reply_code::invalid_path:
    case reply_code::frame_error:
    case reply_code::syntax_error:
    case reply_code::command_invalid:
    case reply_code::channel_error:
    case reply_code::unexpected_frame:
    case reply_code::resource_error:
    case reply_code::not_allowed:
    case reply_code::not_implemented:
    case reply_code::internal_error:
        return true;
    default:
        return false;
    }
}

} // namespace taskwire::spec
