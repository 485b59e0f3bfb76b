#include "names.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace taskwire::codegen {

namespace {

constexpr std::array<std::string_view, 74> keywords{
    "alignas",   "alignof", "and",     "asm",       "auto",    "bool",     "break",     "case",
    "catch",     "char",    "class",   "compl",     "concept", "const",    "continue",  "decltype",
    "default",   "delete",  "do",      "double",    "else",    "enum",     "explicit",  "export",
    "extern",    "false",   "float",   "for",       "friend",  "goto",     "if",        "inline",
    "int",       "long",    "mutable", "namespace", "new",     "noexcept", "not",       "nullptr",
    "operator",  "or",      "private", "protected", "public",  "register", "requires",  "return",
    "short",     "signed",  "sizeof",  "static",    "struct",  "switch",   "template",  "this",
    "throw",     "true",    "try",     "typedef",   "typeid",  "typename", "union",     "unsigned",
    "using",     "virtual", "void",    "volatile",  "while",   "xor",      "constexpr", "consteval",
    "constinit", "bitand"};

struct type_names {
    std::string_view wire;
    std::string_view cpp;
    std::string_view visitor;
};

constexpr std::array<type_names, 9> types{{
    {"bit", "bool", "bits"},
    {"octet", "std::uint8_t", "octet"},
    {"short", "std::uint16_t", "short_uint"},
    {"long", "std::uint32_t", "long_uint"},
    {"longlong", "std::uint64_t", "longlong_uint"},
    {"shortstr", "std::string_view", "shortstr"},
    {"longstr", "std::string_view", "longstr"},
    {"timestamp", "std::uint64_t", "timestamp"},
    {"table", "table_view", "table"},
}};

const type_names& names_of(std::string_view wire_type) {
    const auto* found = std::find_if(types.begin(), types.end(),
                                     [&](const type_names& t) { return t.wire == wire_type; });
    if (found == types.end()) {
        throw std::logic_error("unresolved wire type '" + std::string(wire_type) + "'");
    }
    return *found;
}

std::string underscored(std::string_view spec_name) {
    std::string out(spec_name);
    std::replace(out.begin(), out.end(), '-', '_');
    return out;
}

} // namespace

std::string cpp_name(std::string_view spec_name) {
    auto out = underscored(spec_name);
    if (std::find(keywords.begin(), keywords.end(), out) != keywords.end()) {
        out += '_';
    }
    return out;
}

std::string upper_name(std::string_view spec_name) {
    auto out = underscored(spec_name);
    for (auto& c : out) {
        if (c >= 'a' && c <= 'z') {
            c = static_cast<char>(c - 'a' + 'A');
        }
    }
    return out;
}

std::string cpp_type(std::string_view wire_type) {
    return std::string(names_of(wire_type).cpp);
}

std::string visitor_name(std::string_view wire_type) {
    return std::string(names_of(wire_type).visitor);
}

std::string literal(std::string_view bytes) {
    constexpr std::array<std::pair<char, std::string_view>, 5> short_escapes{
        {{'\r', "\\r"}, {'\n', "\\n"}, {'\t', "\\t"}, {'\\', "\\\\"}, {'"', "\\\""}}};
    std::string out = "\"";
    for (const char c : bytes) {
        const auto* found = std::find_if(short_escapes.begin(), short_escapes.end(),
                                         [&](const auto& escape) { return escape.first == c; });
        if (found != short_escapes.end()) {
            out += found->second;
        } else if (c >= ' ' && c <= '~') {
            out += c;
        } else {
            // Three octal digits always end the escape; hexadecimal ones would run on.
            const auto byte = static_cast<unsigned char>(c);
            out += '\\';
            out += static_cast<char>('0' + byte / 64);
            out += static_cast<char>('0' + byte / 8 % 8);
            out += static_cast<char>('0' + byte % 8);
        }
    }
    return out + "\"";
}

bool is_member(const field& f) {
    return !is_reserved(f) && !is_no_wait(f);
}

} // namespace taskwire::codegen
