#include "emit.hpp"

#include "names.hpp"

namespace taskwire::codegen {

std::vector<output_file> emit(const spec& whole) {
    return {
        {.name = "constants.gen.hpp", .text = emit_constants(whole)},
        {.name = "spec.gen.hpp", .text = emit_methods_header(whole)},
        {.name = "spec.gen.cpp", .text = emit_methods_source(whole)},
    };
}

std::string generated_banner() {
    return "// GENERATED from proto/spec by taskwire-codegen; do not edit.\n"
           "// clang-format off\n";
}

std::string emit_methods_source(const spec& whole) {
    std::string out = generated_banner();
    out += R"(#include <taskwire/spec.gen.hpp>

namespace taskwire::spec {

namespace {

template <class Method>
bool decode_as(wire::reader& in, any_method& out)
{
    return wire::decode(in, out.emplace<Method>());
}

} // namespace

bool decode_method(taskwire::method_id id, wire::reader& in, any_method& out)
{
    switch (id.packed()) {
)";
    for (const auto& c : whole.classes) {
        for (const auto& m : c.methods) {
            const auto type = cpp_name(c.name) + "::" + cpp_name(m.name);
            out += "    case " + type + "::id.packed():\n";
            out += "        return decode_as<" + type + ">(in, out);\n";
        }
    }
    out += R"(    default:
        return false;
    }
}

} // namespace taskwire::spec
)";
    return out;
}

} // namespace taskwire::codegen
