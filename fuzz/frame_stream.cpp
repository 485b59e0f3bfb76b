#include <taskwire/frame.hpp>

#include "target.hpp"

namespace {

using namespace taskwire;

/// Limits, then bytes: a stream is cut into the same frames wherever it is cut, never into more
/// than it holds, and no frame exceeds its limit.
void run(fuzz::input in) {
    const frame_limits limits{std::size_t{in.octet()} * 16, std::size_t{in.octet()} * 64};
    auto stream = in.rest();
    while (!stream.empty()) {
        const auto whole = scan_frame(stream, limits);
        if (whole.fault || !whole.complete)
            return;
        fuzz::hold(whole.size >= frame_overhead && whole.size <= stream.size(), "it is all there");
        const auto [type, channel, payload] = whole.found;
        fuzz::hold(payload.size() <= (type == frame_type::body ? limits.body_payload_max
                                                               : limits.other_payload_max),
                   "a frame keeps to its limit");
        for (std::size_t size = 0; size < whole.size; size += 1 + size / 8) {
            const auto cut = scan_frame(stream.substr(0, size), limits);
            fuzz::hold(!cut.complete && !cut.fault && (cut.size == 0 || cut.size == whole.size),
                       "a part of a frame is no frame and no fault");
        }
        if (content_header header;
            type == frame_type::header && parse_content_header(payload, header))
            fuzz::hold(header.property_list.size() + content_header_fixed_size == payload.size(),
                       "a header is its fixed part and its properties");
        stream.remove_prefix(whole.size);
    }
}

} // namespace

const fuzz::target fuzz::fuzzed{run, 1024, 0};
