#include "emit.hpp"
#include "emit_struct.hpp"
#include "names.hpp"
#include "rules.hpp"

#include <algorithm>
#include <stdexcept>

namespace taskwire::codegen {

namespace {

std::size_t method_count(const spec& whole) {
    std::size_t count = 0;
    for (const auto& c : whole.classes) {
        count += c.methods.size();
    }
    return count;
}

std::string bool_text(bool value) {
    return value ? "true" : "false";
}

std::string emit_rules(const rule_book& book) {
    std::string out = "namespace rules {\n\n";
    for (const auto& rule : book.rules()) {
        out += "inline constexpr wire::string_rule " + rule.name +
               "{\n    .domain = " + literal(rule.domain) +
               ", .length_max = " + std::to_string(rule.length_max);
        out += rule.allowed.empty() ? "" : ",\n    .allowed = " + literal(rule.allowed);
        out += rule.refused.empty() ? "" : ", .refused = " + literal(rule.refused);
        out += rule.not_null ? ", .not_null = true};\n" : "};\n";
    }
    return out + "\n} // namespace rules\n";
}

std::string emit_class(const protocol_class& c, const rule_book& rules) {
    const auto name = "taskwire::spec::" + cpp_name(c.name);
    std::string out = "namespace " + name + " {\n\n";
    std::string declared;
    for (const auto& m : c.methods) {
        for (const auto& response : m.responses) {
            const auto line = "struct " + cpp_name(response) + ";\n";
            if (declared.find(line) == std::string::npos) {
                declared += line;
            }
        }
    }
    out += declared.empty() ? "" : declared + "\n";
    if (!c.properties.empty()) {
        out += emit_properties_struct(c, rules) + "\n";
    }
    for (const auto& m : c.methods) {
        out += emit_method_struct(c, m, rules) + "\n";
    }
    return out + "} // namespace " + name + "\n";
}

std::string emit_variant(const spec& whole) {
    std::string out = "/// Any method, in the order of class and method index.\n";
    out += "using any_method = std::variant<";
    const char* separator = "\n";
    for (const auto& c : whole.classes) {
        for (const auto& m : c.methods) {
            out += separator;
            out += "    " + cpp_name(c.name) + "::" + cpp_name(m.name);
            separator = ",\n";
        }
    }
    return out + ">;\n";
}

std::string emit_table(const spec& whole) {
    std::string out = R"(/// What is known of a method without its fields.
struct method_info {
    taskwire::method_id id;
    std::string_view name;
    bool has_content;
    bool synchronous;
    bool from_client;
    bool from_server;
    std::uint16_t position; ///< The index in any_method.
};

)";
    out += "inline constexpr std::array<method_info, " + std::to_string(method_count(whole)) +
           "> methods{{\n";
    std::size_t position = 0;
    for (const auto& c : whole.classes) {
        for (const auto& m : c.methods) {
            out += "    {{" + std::to_string(c.index) + ", " + std::to_string(m.index) + "}, " +
                   literal(c.name + "." + m.name) + ", " + bool_text(m.content) + ", " +
                   bool_text(m.is_synchronous()) + ", " + bool_text(m.has_chassis("server")) +
                   ", " + bool_text(m.has_chassis("client")) + ", " + std::to_string(position++) +
                   "},\n";
        }
    }
    return out + "}};\n";
}

std::string emit_look_up(const spec& whole) {
    std::string out = R"(/// The entry of a method; null for an id that no class has.
constexpr const method_info* find_method(taskwire::method_id id)
{
    switch (id.packed()) {
)";
    std::size_t position = 0;
    for (const auto& c : whole.classes) {
        for (const auto& m : c.methods) {
            out += "    case " + cpp_name(c.name) + "::" + cpp_name(m.name) + "::id.packed():\n";
            out += "        return &methods[" + std::to_string(position++) + "];\n";
        }
    }
    out += R"(    default:
        return nullptr;
    }
}

/// "queue.declare"; empty for an unknown method.
constexpr std::string_view method_name(taskwire::method_id id)
{
    const method_info* found = find_method(id);
    return found == nullptr ? std::string_view() : found->name;
}

/// "queue"; empty for an unknown class.
constexpr std::string_view class_name(std::uint16_t class_id)
{
    switch (class_id) {
)";
    for (const auto& c : whole.classes) {
        out +=
            "    case " + std::to_string(c.index) + ":\n        return " + literal(c.name) + ";\n";
    }
    return out + "    default:\n        return {};\n    }\n}\n";
}

/// Namespaces of ours in taskwire::spec, and what a class's namespace must still be able to see.
void check_class_names(const spec& whole) {
    for (const auto& c : whole.classes) {
        const auto name = cpp_name(c.name);
        if (name == "rules" || name == "wire" || name == "taskwire") {
            throw std::runtime_error(c.where + ": class " + c.name +
                                     " would hide a namespace that generated code uses");
        }
    }
}

} // namespace

std::string emit_methods_header(const spec& whole) {
    check_class_names(whole);
    const rule_book rules(whole);
    std::string out = generated_banner();
    out += R"(#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include <taskwire/wire.hpp>

namespace taskwire::spec {

/// What the spec and RabbitMQ demand of short strings, to be checked before sending.
)";
    out += emit_rules(rules) + "\n} // namespace taskwire::spec\n\n";
    for (const auto& c : whole.classes) {
        out += emit_class(c, rules) + "\n";
    }
    out += "namespace taskwire::spec {\n\n" + emit_variant(whole) + "\n" + emit_table(whole) +
           "\n" + emit_look_up(whole) + R"(
/// Decodes the fields of a method. False when the id is unknown or the bytes do not fit; `out` then
/// holds anything.
[[nodiscard]] bool decode_method(taskwire::method_id id, wire::reader& in, any_method& out);

} // namespace taskwire::spec
)";
    return out;
}

} // namespace taskwire::codegen
