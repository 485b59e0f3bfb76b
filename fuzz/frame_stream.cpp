#include <taskwire/frame.hpp>

#include "input.hpp"

/// A stream is cut into the same frames wherever it is cut, and never into more than it holds.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace taskwire;
    fuzz::input in{data, size};
    const frame_limits limits{std::size_t{in.octet()} * 16, std::size_t{in.octet()} * 64};
    auto stream = in.rest();
    while (!stream.empty()) {
        const auto whole = scan_frame(stream, limits);
        if (whole.fault || !whole.complete)
            return 0;
        fuzz::expect(whole.size >= frame_overhead && whole.size <= stream.size());
        const auto cut = scan_frame(stream.substr(0, whole.size - 1), limits);
        fuzz::expect(!cut.complete && !cut.fault && (cut.size == 0 || cut.size == whole.size));
        content_header header;
        if (whole.found.type == frame_type::header)
            parse_content_header(whole.found.payload, header);
        stream.remove_prefix(whole.size);
    }
    return 0;
}
