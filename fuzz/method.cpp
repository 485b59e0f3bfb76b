#include <variant>

#include "target.hpp"

namespace {

using namespace taskwire;

/// What decodes can be encoded, and decodes to the same again.
template <class Fields>
void there_and_back(const Fields& first) {
    const auto bytes = fuzz::encoded(first);
    wire::reader in{bytes};
    Fields second;
    fuzz::hold(fuzz::decode(in, second), "what was encoded decodes");
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
