#include <taskwire/uri.hpp>

#include "input.hpp"

/// Nothing makes the parser crash or throw, and what it accepts has usable defaults.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace taskwire;
    fuzz::input in{data, size};
    const auto text = in.rest();
    redacted(text);
    if (uri parsed; !parse_uri(text, parsed)) {
        const auto ready = apply_defaults(parsed);
        fuzz::expect(ready.port != 0 && !ready.vhost.empty());
    }
    return 0;
}
