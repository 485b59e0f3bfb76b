#include "reader.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace taskwire::codegen {

namespace {

using names = std::initializer_list<std::string_view>;

/// One file being read: turns elements into model values and knows where each of them stands.
class file_reader {
  public:
    file_reader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

    spec read();

  private:
    std::string where(std::ptrdiff_t offset) const;
    std::string where(pugi::xml_node node) const { return where(node.offset_debug()); }
    [[noreturn]] void fail(pugi::xml_node node, const std::string& what) const;
    void check(pugi::xml_node node, names attributes, names children) const;

    std::string text(pugi::xml_node node, const char* attribute) const;
    std::string name(pugi::xml_node node, const char* attribute = "name") const;
    std::string optional_name(pugi::xml_node node, const char* attribute) const;
    bool flag(pugi::xml_node node, const char* attribute) const;
    template <class Number>
    Number number(pugi::xml_node node, const char* attribute) const;

    constant read_constant(pugi::xml_node node) const;
    domain read_domain(pugi::xml_node node) const;
    assertion read_assertion(pugi::xml_node node) const;
    std::vector<assertion> read_assertions(pugi::xml_node node) const;
    std::vector<chassis> read_chassis(pugi::xml_node node) const;
    field read_field(pugi::xml_node node) const;
    method read_method(pugi::xml_node node) const;
    protocol_class read_class(pugi::xml_node node) const;

    std::string_view text_;
    std::string file_;
};

spec file_reader::read() {
    pugi::xml_document document;
    const auto result = document.load_buffer(text_.data(), text_.size());
    if (!result) {
        throw std::runtime_error(where(result.offset) + ": not XML: " + result.description());
    }
    const auto root = document.child("amqp");
    if (!root) {
        throw std::runtime_error(where(0) + ": the root element is not <amqp>");
    }
    check(root, {"major", "minor", "revision", "port"}, {"constant", "domain", "class"});
    spec out;
    out.major = number<std::uint16_t>(root, "major");
    out.minor = number<std::uint16_t>(root, "minor");
    out.revision =
        root.attribute("revision") ? number<std::uint16_t>(root, "revision") : std::uint16_t{0};
    out.port = number<std::uint16_t>(root, "port");
    out.where = where(root);
    for (const auto node : root.children("constant")) {
        out.constants.push_back(read_constant(node));
    }
    for (const auto node : root.children("domain")) {
        out.domains.push_back(read_domain(node));
    }
    for (const auto node : root.children("class")) {
        out.classes.push_back(read_class(node));
    }
    return out;
}

std::string file_reader::where(std::ptrdiff_t offset) const {
    const auto before =
        text_.substr(0, static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, offset)));
    return file_ + ":" + std::to_string(1 + std::count(before.begin(), before.end(), '\n'));
}

void file_reader::fail(pugi::xml_node node, const std::string& what) const {
    throw std::runtime_error(where(node) + ": " + what);
}

/// Refuses what is not known. Documentation elements of the unstripped specification pass.
void file_reader::check(pugi::xml_node node, names attributes, names children) const {
    const auto among = [](names known, std::string_view name) {
        return std::find(known.begin(), known.end(), name) != known.end();
    };
    for (const auto attribute : node.attributes()) {
        if (!among(attributes, attribute.name()) &&
            !among({"label", "comment"}, attribute.name())) {
            fail(node, std::string("<") + node.name() + "> has an unknown attribute '" +
                           attribute.name() + "'");
        }
    }
    for (const auto child : node.children()) {
        if (child.type() == pugi::node_element && !among(children, child.name()) &&
            !among({"doc", "rule"}, child.name())) {
            fail(child,
                 std::string("unknown element <") + child.name() + "> in <" + node.name() + ">");
        }
    }
}

std::string file_reader::text(pugi::xml_node node, const char* attribute) const {
    const std::string value = node.attribute(attribute).value();
    if (value.empty()) {
        fail(node, std::string("<") + node.name() + "> lacks the attribute '" + attribute + "'");
    }
    return value;
}

/// A name; the older specifications write spaces where 0-9-1 writes hyphens ("queue name").
std::string file_reader::name(pugi::xml_node node, const char* attribute) const {
    auto value = text(node, attribute);
    std::replace(value.begin(), value.end(), ' ', '-');
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (!std::all_of(value.begin(), value.end(), plain)) {
        fail(node, "'" + value + "' is not a name: only a-z, 0-9 and '-' are");
    }
    return value;
}

std::string file_reader::optional_name(pugi::xml_node node, const char* attribute) const {
    return node.attribute(attribute) ? name(node, attribute) : std::string();
}

bool file_reader::flag(pugi::xml_node node, const char* attribute) const {
    const std::string value = node.attribute(attribute).value();
    if (!value.empty() && value != "0" && value != "1") {
        fail(node,
             std::string("attribute '") + attribute + "' must be 0 or 1, not '" + value + "'");
    }
    return value == "1";
}

template <class Number>
Number file_reader::number(pugi::xml_node node, const char* attribute) const {
    const auto value = text(node, attribute);
    Number out = 0;
    const auto* end = value.data() + value.size();
    const auto [stopped, error] = std::from_chars(value.data(), end, out);
    if (error != std::errc() || stopped != end) {
        fail(node, std::string("attribute '") + attribute + "' must be a number from 0 to " +
                       std::to_string(std::numeric_limits<Number>::max()) + ", not '" + value +
                       "'");
    }
    return out;
}

constant file_reader::read_constant(pugi::xml_node node) const {
    check(node, {"name", "value", "class"}, {});
    constant out;
    out.name = name(node);
    out.value = number<std::uint32_t>(node, "value");
    out.error_class = node.attribute("class").value();
    out.where = where(node);
    if (!out.error_class.empty() && out.error_class != "soft-error" &&
        out.error_class != "hard-error") {
        fail(node, "constant " + out.name + ": class '" + out.error_class +
                       "' is neither soft-error nor hard-error");
    }
    return out;
}

domain file_reader::read_domain(pugi::xml_node node) const {
    check(node, {"name", "type", "overrides"}, {"assert"});
    domain out;
    out.name = name(node);
    out.type = name(node, "type");
    out.assertions = read_assertions(node);
    out.overrides = node.attribute("overrides").value();
    out.where = where(node);
    return out;
}

assertion file_reader::read_assertion(pugi::xml_node node) const {
    check(node, {"check", "value", "method", "field"}, {});
    assertion out;
    out.check = text(node, "check");
    if (out.check == "length") {
        static_cast<void>(number<std::uint32_t>(node, "value"));
        out.value = text(node, "value");
    } else if (out.check == "regexp") {
        out.value = text(node, "value");
    } else if (out.check == "le") {
        out.method = name(node, "method");
        out.field = name(node, "field");
    } else if (out.check != "notnull") {
        fail(node, "unknown check '" + out.check + "'");
    }
    return out;
}

std::vector<assertion> file_reader::read_assertions(pugi::xml_node node) const {
    std::vector<assertion> out;
    for (const auto child : node.children("assert")) {
        out.push_back(read_assertion(child));
    }
    return out;
}

std::vector<chassis> file_reader::read_chassis(pugi::xml_node node) const {
    std::vector<chassis> out;
    for (const auto child : node.children("chassis")) {
        check(child, {"name", "implement"}, {});
        out.push_back({.name = name(child), .implement = text(child, "implement")});
        if (out.back().name != "server" && out.back().name != "client") {
            fail(child, "chassis '" + out.back().name + "' is neither server nor client");
        }
    }
    return out;
}

field file_reader::read_field(pugi::xml_node node) const {
    check(node, {"name", "domain", "type", "reserved", "replaces"}, {"assert"});
    field out;
    out.name = name(node);
    out.domain = optional_name(node, "domain");
    out.type = optional_name(node, "type");
    out.reserved = flag(node, "reserved");
    out.assertions = read_assertions(node);
    out.replaces = optional_name(node, "replaces");
    out.where = where(node);
    if (out.domain.empty() == out.type.empty()) {
        fail(node, "field " + out.name + " must have either a domain or a type");
    }
    return out;
}

method file_reader::read_method(pugi::xml_node node) const {
    check(node, {"name", "index", "synchronous", "content", "deprecated", "extends", "overrides"},
          {"chassis", "response", "field"});
    method out;
    out.name = name(node);
    out.index = number<std::uint16_t>(node, "index");
    if (node.attribute("synchronous")) {
        out.synchronous = flag(node, "synchronous");
    }
    out.content = flag(node, "content");
    out.deprecated = flag(node, "deprecated");
    out.chassis_list = read_chassis(node);
    for (const auto child : node.children("response")) {
        check(child, {"name"}, {});
        out.responses.push_back(name(child));
    }
    for (const auto child : node.children("field")) {
        out.fields.push_back(read_field(child));
    }
    out.extends = flag(node, "extends");
    out.overrides = node.attribute("overrides").value();
    out.where = where(node);
    return out;
}

protocol_class file_reader::read_class(pugi::xml_node node) const {
    check(node, {"name", "index", "handler", "extends"}, {"chassis", "field", "method"});
    protocol_class out;
    out.name = name(node);
    out.index = number<std::uint16_t>(node, "index");
    out.handler = optional_name(node, "handler");
    out.chassis_list = read_chassis(node);
    for (const auto child : node.children("field")) {
        out.properties.push_back(read_field(child));
    }
    for (const auto child : node.children("method")) {
        out.methods.push_back(read_method(child));
    }
    out.extends = flag(node, "extends");
    out.where = where(node);
    return out;
}

} // namespace

spec read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in || std::filesystem::is_directory(path)) {
        throw std::runtime_error(path.string() + ": cannot be read");
    }
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    return read_text(text, path.filename().string());
}

spec read_text(std::string_view text, const std::string& file) {
    return file_reader(text, file).read();
}

} // namespace taskwire::codegen
