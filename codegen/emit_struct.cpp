#include "emit_struct.hpp"

#include "names.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace taskwire::codegen {

namespace {

constexpr std::size_t columns_max = 100;

constexpr std::array<std::string_view, 10> taken_names{
    "id",          "name",    "has_content", "synchronous", "from_client",
    "from_server", "replies", "fields",      "self",        "visit"};

/// The C++ name of a member, refused where it would hide what every struct has.
std::string member_name(const field& f) {
    auto name = cpp_name(f.name);
    if (std::find(taken_names.begin(), taken_names.end(), name) != taken_names.end()) {
        throw std::runtime_error(f.where + ": field " + f.name +
                                 " would hide a member that every generated struct has");
    }
    return name;
}

/// "    visit.bits(a, b);", broken after commas and aligned where it is too long for a line.
std::string call(const std::string& head, const std::vector<std::string>& arguments) {
    std::string line = head + "(";
    const std::string indent(line.size(), ' ');
    std::string out;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const bool last = i + 1 == arguments.size();
        const auto piece = arguments[i] + (last ? ");" : ",");
        if (line.size() > indent.size() && line.size() + 1 + piece.size() > columns_max) {
            out += line + "\n";
            line = indent;
        }
        line += (line.size() > indent.size() ? " " : "") + piece;
    }
    return out + line + (arguments.empty() ? ");\n" : "\n");
}

std::string visit_call(const std::string& verb, const std::vector<std::string>& arguments) {
    return call("        visit." + verb, arguments);
}

/// One run of bits. The octet is there even when nobody may set any of it.
std::string emit_bit_run(const std::vector<const field*>& run) {
    std::vector<std::string> arguments;
    std::size_t used = 0;
    for (const auto* f : run) {
        if (is_member(*f)) {
            const auto name = member_name(*f);
            arguments.push_back("wire::bit(" + literal(name) + ", self." + name + ")");
            used = arguments.size();
        } else {
            arguments.emplace_back("wire::reserved_bit{}");
        }
    }
    arguments.resize(used);
    return used == 0 ? visit_call("reserved_octet", {}) : visit_call("bits", arguments);
}

std::string reserved_verb(const std::string& type) {
    return "reserved_" + (type == "timestamp" ? "longlong" : type);
}

std::string emit_field(const field& f, const std::string& context, const rule_book& rules) {
    if (!is_member(f)) {
        return visit_call(reserved_verb(f.type), {});
    }
    const auto name = member_name(f);
    std::vector<std::string> arguments{literal(name), "self." + name};
    if (f.type == "shortstr") {
        arguments.push_back("rules::" + rules.rule_of(f, context));
    }
    return visit_call(visitor_name(f.type), arguments);
}

std::string emit_fields_body(const method& m, const std::string& context, const rule_book& rules) {
    std::string out;
    std::vector<const field*> run;
    for (const auto& f : m.fields) {
        if (f.type == "bit") {
            run.push_back(&f);
            continue;
        }
        if (!run.empty()) {
            out += emit_bit_run(run);
            run.clear();
        }
        out += emit_field(f, context, rules);
    }
    return run.empty() ? out : out + emit_bit_run(run);
}

std::string emit_fields_function(const std::string& body, bool uses_self) {
    std::string out = "    template <class Self, class Visitor>\n";
    out += "    TASKWIRE_INLINE static constexpr void fields(Self&";
    out += uses_self ? " self, " : ", ";
    out += body.empty() ? "Visitor&)\n" : "Visitor& visit)\n";
    return out + "    {\n" + body + "    }\n";
}

std::string emit_equality(const std::string& type) {
    return "    friend bool operator==(const " + type + "&, const " + type + "&) = default;\n";
}

std::string direction(const method& m) {
    if (m.has_chassis("server") && m.has_chassis("client")) {
        return "either way";
    }
    return m.has_chassis("server") ? "client to server" : "server to client";
}

std::string emit_comment(const protocol_class& c, const method& m) {
    std::string text = "/// " + c.name + "." + m.name + " (" + std::to_string(c.index) + ", " +
                       std::to_string(m.index) + "), " + direction(m);
    text += m.is_synchronous() ? ", synchronous" : ", asynchronous";
    text += m.content ? ", with content" : "";
    text += m.deprecated ? ", deprecated" : "";
    std::string answer = m.responses.empty() ? "." : "; answered by ";
    for (std::size_t i = 0; i < m.responses.size(); ++i) {
        answer += (i == 0 ? "" : " or ") + c.name + "." + m.responses[i];
        answer += i + 1 == m.responses.size() ? "." : "";
    }
    if (text.size() + answer.size() > columns_max) {
        answer.replace(1, 1, "\n/// ");
    }
    return text + answer + "\n";
}

std::string constant_line(const std::string& name, bool value) {
    return "    static constexpr bool " + name + " = " + (value ? "true" : "false") + ";\n";
}

std::string emit_identity(const protocol_class& c, const method& m) {
    // Qualified, because connection.close has a member method_id.
    std::string out = "    static constexpr taskwire::method_id id{" + std::to_string(c.index) +
                      ", " + std::to_string(m.index) + "};\n";
    out += "    static constexpr std::string_view name = " + literal(c.name + "." + m.name) + ";\n";
    out += constant_line("has_content", m.content);
    out += constant_line("synchronous", m.is_synchronous());
    // A chassis names who must understand the method, so the other side may send it.
    out += constant_line("from_client", m.has_chassis("server"));
    out += constant_line("from_server", m.has_chassis("client"));
    out += "    using replies = wire::method_list<";
    for (std::size_t i = 0; i < m.responses.size(); ++i) {
        out += (i == 0 ? "" : ", ") + cpp_name(m.responses[i]);
    }
    return out + ">;\n";
}

std::string property_verb(const std::string& type) {
    return visitor_name(type) + "_property";
}

} // namespace

std::string emit_method_struct(const protocol_class& c, const method& m, const rule_book& rules) {
    const auto type = cpp_name(m.name);
    std::string members;
    for (const auto& f : m.fields) {
        if (is_member(f)) {
            members += "    " + cpp_type(f.type) + " " + member_name(f) + "{};\n";
        }
    }
    const auto body = emit_fields_body(m, cpp_name(c.name) + "_" + type, rules);
    std::string out = emit_comment(c, m) + "struct " + type + " {\n" + emit_identity(c, m) + "\n";
    out += members.empty() ? "" : members + "\n";
    out += emit_fields_function(body, !members.empty());
    return out + emit_equality(type) + "};\n";
}

std::string emit_properties_struct(const protocol_class& c, const rule_book& rules) {
    std::string members;
    std::string body;
    int flag_bit = 15;
    for (const auto& property : c.properties) {
        const auto bit = std::to_string(flag_bit--);
        if (!is_member(property)) {
            body += visit_call("reserved_" + property_verb(property.type), {bit});
            continue;
        }
        const auto name = member_name(property);
        if (name == "class_id") {
            throw std::runtime_error(property.where + ": property class-id would hide class_id");
        }
        members += "    std::optional<" + cpp_type(property.type) + "> " + name + "{};\n";
        std::vector<std::string> arguments{bit, literal(name), "self." + name};
        if (property.type == "shortstr") {
            arguments.push_back("rules::" + rules.rule_of(property, cpp_name(c.name)));
        }
        body += visit_call(property_verb(property.type), arguments);
    }
    std::string out =
        "/// The content properties of class " + c.name + ", each with its flag bit.\n";
    out += "struct properties {\n    static constexpr std::uint16_t class_id = " +
           std::to_string(c.index) + ";\n\n" + members + "\n";
    out += emit_fields_function(body, !members.empty());
    return out + emit_equality("properties") + "};\n";
}

} // namespace taskwire::codegen
