#include <taskwire/frame.hpp>

namespace taskwire {

using wire::load;

frame_scan scan_frame(std::string_view bytes, const frame_limits& limits) {
    frame_scan result;
    if (bytes.empty())
        return result;
    const auto type = static_cast<unsigned char>(bytes.front());
    if (type != spec::frame_method && type != spec::frame_header && type != spec::frame_body &&
        type != spec::frame_heartbeat) {
        result.fault = errc::unknown_frame_type;
        return result;
    }
    if (bytes.size() < frame_head_size)
        return result;
    const std::size_t payload_size = load<std::uint32_t>(bytes.data() + 3);
    const auto limit =
        type == spec::frame_body ? limits.body_payload_max : limits.other_payload_max;
    if (payload_size > limit) {
        result.fault = errc::frame_too_large;
        return result;
    }
    result.size = payload_size + frame_overhead;
    if (bytes.size() < result.size)
        return result;
    if (static_cast<unsigned char>(bytes[result.size - 1]) != spec::frame_end) {
        result.fault = errc::bad_frame_end;
        return result;
    }
    result.found = {static_cast<frame_type>(type), load<std::uint16_t>(bytes.data() + 1),
                    bytes.substr(frame_head_size, payload_size)};
    result.complete = true;
    return result;
}

bool parse_content_header(std::string_view payload, content_header& out) {
    if (payload.size() < content_header_fixed_size + 2)
        return false;
    const char* at = payload.data();
    out.class_id = load<std::uint16_t>(at);
    out.weight = load<std::uint16_t>(at + 2);
    out.body_size = load<std::uint64_t>(at + 4);
    out.property_list = payload.substr(content_header_fixed_size);
    return true;
}

} // namespace taskwire
