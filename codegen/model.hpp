#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace taskwire::codegen {

/// The AMQP specification as plain values, in the files' own order and spelling.
///
/// Every part carries `where`, the "file:line" it was read from, for error messages; it is not a
/// fact of the protocol. Attributes that exist only in extension files (`extends`, `overrides`,
/// `replaces`) are used up by merge(): a merged spec has none left.
struct assertion {
    std::string check;
    std::string value;
    std::string method;
    std::string field;

    friend bool operator==(const assertion&, const assertion&) = default;
};

struct constant {
    std::string name;
    std::uint32_t value = 0;
    std::string error_class; ///< "soft-error", "hard-error" or empty.
    std::string where;
};

struct domain {
    std::string name;
    std::string type;
    std::vector<assertion> assertions;
    std::string overrides;
    std::string where;
};

struct field {
    std::string name;
    std::string domain; ///< Empty when the file gives a bare type.
    std::string type;   ///< The wire type; filled in by resolve() where a domain is given.
    bool reserved = false;
    std::vector<assertion> assertions; ///< Of the field itself, without its domain's.
    std::string replaces;
    std::string where;
};

struct chassis {
    std::string name;
    std::string implement;

    friend bool operator==(const chassis&, const chassis&) = default;
};

struct method {
    std::string name;
    std::uint16_t index = 0;
    /// Absent when the file says nothing, which means false unless the method extends another.
    std::optional<bool> synchronous;
    bool content = false;
    bool deprecated = false;
    std::vector<chassis> chassis_list;
    std::vector<std::string> responses;
    std::vector<field> fields;
    bool extends = false;
    std::string overrides;
    std::string where;

    bool is_synchronous() const { return synchronous.value_or(false); }
    bool has_chassis(const std::string& side) const;
};

/// A class of the protocol. Its own fields are the content properties.
struct protocol_class {
    std::string name;
    std::uint16_t index = 0;
    std::string handler;
    std::vector<chassis> chassis_list;
    std::vector<field> properties;
    std::vector<method> methods;
    bool extends = false;
    std::string where;

    const method* find_method(const std::string& method_name) const;
};

struct spec {
    std::uint16_t major = 0;
    std::uint16_t minor = 0;
    std::uint16_t revision = 0;
    std::uint16_t port = 0;
    std::vector<constant> constants;
    std::vector<domain> domains;
    std::vector<protocol_class> classes;
    std::string where;

    const domain* find_domain(const std::string& domain_name) const;
    const protocol_class* find_class(const std::string& class_name) const;
};

/// True for a field that always is zero on the wire: reserved by the spec, or a content property
/// that the official file marks by its name alone.
bool is_reserved(const field& f);

/// True for the no-wait bit under any of its spellings.
bool is_no_wait(const field& f);

} // namespace taskwire::codegen
