#pragma once

#include <cstdint>
#include <string_view>

#include <taskwire/endian.hpp>
#include <taskwire/error.hpp>
#include <taskwire/types.hpp>

namespace taskwire {

/// Source: AMQP 0-9-1, 2.3.5.
enum class frame_type : std::uint8_t {
    method = spec::frame_method,
    header = spec::frame_header,
    body = spec::frame_body,
    heartbeat = spec::frame_heartbeat,
};

/// Bytes around a frame's payload: type, channel and size before it, the end octet behind.
inline constexpr std::size_t frame_head_size = 7;
inline constexpr std::size_t frame_overhead = frame_head_size + 1;

/// What the client writes before anything else. Source: AMQP 0-9-1, 4.2.2.
inline constexpr std::string_view protocol_header{"AMQP\x00\x00\x09\x01", 8};

/// One frame, looked at in place.
struct frame {
    frame_type type = frame_type::method;
    std::uint16_t channel = 0;
    std::string_view payload;
};

/// How large a payload the peer may send.
///
/// RabbitMQ does not split method and header frames, so they may exceed frame_max and have a cap
/// of their own; it tolerates, and sends, body frames up to 8 bytes over.
struct frame_limits {
    std::size_t body_payload_max = 0;
    std::size_t other_payload_max = 0;
};

/// What stands at the front of a byte stream.
struct frame_scan {
    std::error_code fault; ///< bad_frame_end, unknown_frame_type or frame_too_large
    std::size_t size = 0;  ///< bytes of the whole frame; 0: more bytes are needed to tell
    bool complete = false;
    frame found; ///< valid when complete
};

/// Looks for a frame at the front of `bytes`. Sizes are checked before anything waits for them.
frame_scan scan_frame(std::string_view bytes, const frame_limits& limits);

/// Writes a frame's head and returns the place of its payload.
TASKWIRE_INLINE char* store_frame_head(char* to, frame_type type, std::uint16_t channel,
                                       std::size_t payload_size) {
    to = wire::store(to, static_cast<std::uint8_t>(type));
    to = wire::store(to, channel);
    return wire::store(to, static_cast<std::uint32_t>(payload_size));
}

/// Writes the end octet and returns the place behind it.
TASKWIRE_INLINE char* store_frame_end(char* to) {
    return wire::store(to, std::uint8_t{spec::frame_end});
}

/// The fixed part of a content header's payload; property flags and properties follow it.
/// Source: AMQP 0-9-1, 4.2.6.1.
struct content_header {
    std::uint16_t class_id = 0;
    std::uint16_t weight = 0;
    std::uint64_t body_size = 0;
    std::string_view property_list; ///< flags and properties
};

inline constexpr std::size_t content_header_fixed_size = 12;

/// False when the payload is shorter than the fixed part and one flag word.
bool parse_content_header(std::string_view payload, content_header& out);

} // namespace taskwire
