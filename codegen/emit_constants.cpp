#include "emit.hpp"
#include "names.hpp"

#include <algorithm>

namespace taskwire::codegen {

namespace {

/// Of the constants the spec marks only the errors; of the rest the name tells which group it is
/// in.
bool is_frame_constant(const constant& c) {
    return c.error_class.empty() && c.name.starts_with("frame-");
}

std::string declare_number(const std::string& type, const std::string& name, std::uint32_t value) {
    return "inline constexpr " + type + " " + name + " = " + std::to_string(value) + ";\n";
}

std::string emit_reply_codes(const spec& whole) {
    std::string enumerators;
    std::string texts;
    std::string hard;
    auto sorted = whole.constants;
    std::sort(sorted.begin(), sorted.end(),
              [](const constant& a, const constant& b) { return a.value < b.value; });
    for (const auto& c : sorted) {
        if (is_frame_constant(c)) {
            continue;
        }
        const auto name = cpp_name(c.name);
        enumerators += "    " + name + " = " + std::to_string(c.value) + ",\n";
        texts += "    case reply_code::" + name + ":\n";
        texts += "        return " + literal(upper_name(c.name)) + ";\n";
        if (c.error_class == "hard-error") {
            hard += "    case reply_code::" + name + ":\n";
        }
    }
    std::string out = "/// The codes of connection.close, channel.close and basic.return.\n";
    out += "enum class reply_code : std::uint16_t {\n" + enumerators + "};\n\n";
    out += "/// The spec's name as RabbitMQ prints it, \"NOT_FOUND\"; empty for an unknown code.\n";
    out +=
        "constexpr std::string_view to_string(reply_code code)\n{\n    switch (code) {\n" + texts;
    out += "    default:\n        return \"\";\n    }\n}\n\n";
    out += "/// A hard error closes the connection, a soft one only the channel.\n";
    out += "constexpr bool is_hard_error(reply_code code)\n{\n    switch (code) {\n" + hard;
    out += hard.empty() ? "" : "        return true;\n";
    out += "    default:\n        return false;\n    }\n}\n";
    return out;
}

} // namespace

std::string emit_constants(const spec& whole) {
    std::string out = generated_banner();
    out += "#pragma once\n\n#include <cstdint>\n#include <string_view>\n\n";
    out += "namespace taskwire::spec {\n\n";
    out += declare_number("std::uint8_t", "protocol_major", whole.major);
    out += declare_number("std::uint8_t", "protocol_minor", whole.minor);
    out += declare_number("std::uint8_t", "protocol_revision", whole.revision);
    out += declare_number("std::uint16_t", "protocol_port", whole.port);
    out += "\n";
    for (const auto& c : whole.constants) {
        if (is_frame_constant(c)) {
            const auto* type = c.value < 256 ? "std::uint8_t" : "std::uint32_t";
            out += declare_number(type, cpp_name(c.name), c.value);
        }
    }
    out += "\n" + emit_reply_codes(whole) + "\n} // namespace taskwire::spec\n";
    return out;
}

} // namespace taskwire::codegen
