#include <string>
#include <variant>

#include "target.hpp"

namespace {

using namespace taskwire;

/// What decodes can be encoded, and decodes to the same again.
template <class Fields>
void there_and_back(const Fields& first) {
    constexpr bool is_method = requires { Fields::id; };
    std::string bytes(wire::measure(first).size + (is_method ? 0 : 2), '\0');
    const char* end = nullptr;
    Fields second;
    wire::reader again{bytes};
    if constexpr (is_method) {
        end = wire::encode(bytes.data(), first);
        fuzz::hold(wire::decode(again, second), "what was encoded decodes");
    } else {
        end = wire::encode_properties(bytes.data(), first);
        fuzz::hold(wire::decode_properties(again, second), "what was encoded decodes");
    }
    fuzz::hold(end == bytes.data() + bytes.size(), "the encoded size is the measured one");
    fuzz::hold(second == first, "there and back is the same");
}

/// A method's number with its arguments; one above them all stands for a property list.
void run(fuzz::input in) {
    const auto number = in.octet() % (spec::methods.size() + 1);
    wire::reader reader{in.rest()};
    spec::basic::properties properties;
    if (number == spec::methods.size()) {
        if (wire::decode_properties(reader, properties))
            there_and_back(properties);
    } else if (spec::any_method method;
               spec::decode_method(spec::methods[number].id, reader, method)) {
        std::visit([](const auto& each) { there_and_back(each); }, method);
    }
}

} // namespace

const fuzz::target fuzz::fuzzed{run, 1024, 2};
