#include <string>
#include <variant>

#include <taskwire/spec.gen.hpp>

#include "input.hpp"

/// What decodes can be encoded, and decodes to the same again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace taskwire;
    fuzz::input in{data, size};
    const auto& info = spec::methods[in.octet() % spec::methods.size()];
    wire::reader reader{in.rest()};
    spec::any_method first;
    if (!spec::decode_method(info.id, reader, first))
        return 0;
    std::visit(
        [](const auto& method) {
            std::string bytes(wire::measure(method).size, '\0');
            const char* end = wire::encode(bytes.data(), method);
            fuzz::expect(end == bytes.data() + bytes.size());
            wire::reader again{bytes};
            std::remove_cvref_t<decltype(method)> second;
            fuzz::expect(wire::decode(again, second) && second == method);
        },
        first);
    return 0;
}
