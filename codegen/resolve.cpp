#include "resolve.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace taskwire::codegen {

namespace {

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw std::runtime_error(where + ": " + what);
}

constexpr std::array<std::string_view, 9> wire_types{
    "bit", "octet", "short", "long", "longlong", "shortstr", "longstr", "timestamp", "table"};

void check_type(const std::string& type, const std::string& where, const std::string& what) {
    if (std::find(wire_types.begin(), wire_types.end(), type) == wire_types.end()) {
        fail(where, what + " has the unknown wire type '" + type + "'");
    }
}

void resolve_field(const spec& whole, field& f, const std::string& what) {
    const auto full = "field " + f.name + " of " + what;
    if (!f.domain.empty()) {
        const auto* found = whole.find_domain(f.domain);
        if (found == nullptr) {
            fail(f.where, full + " has the unknown domain '" + f.domain + "'");
        }
        f.type = found->type;
    }
    check_type(f.type, f.where, full);
}

/// A run of bits is one octet in all our encoders, so it can hold eight of them.
void check_bit_runs(const method& m, const std::string& what) {
    std::size_t run = 0;
    for (const auto& f : m.fields) {
        run = f.type == "bit" ? run + 1 : 0;
        if (run > 8) {
            fail(f.where, "field " + f.name + " of " + what + " is the ninth bit in a row");
        }
    }
}

void check_references(const protocol_class& c, const method& m, const std::string& what) {
    for (const auto& response : m.responses) {
        if (c.find_method(response) == nullptr) {
            fail(m.where, (what + " has the unknown response '").append(response) + "'");
        }
    }
    for (const auto& f : m.fields) {
        for (const auto& a : f.assertions) {
            const auto* partner = a.check == "le" ? c.find_method(a.method) : nullptr;
            if (a.check == "le" &&
                (partner == nullptr ||
                 std::none_of(partner->fields.begin(), partner->fields.end(),
                              [&](const field& other) { return other.name == a.field; }))) {
                fail(f.where, "field " + f.name + " of " + what + " is compared with '" + a.method +
                                  "." + a.field + "', which does not exist");
            }
        }
    }
}

void check_properties(const protocol_class& c) {
    // Bit 0 of the flags says that another word of flags follows, so fifteen remain.
    if (c.properties.size() > 15) {
        fail(c.properties[15].where, "class " + c.name + " has more than 15 content properties");
    }
    for (const auto& property : c.properties) {
        if (property.type == "bit") {
            fail(property.where, "content property " + property.name + " of class " + c.name +
                                     " is a bit; those are not supported");
        }
    }
}

template <class Items>
void sort_by_index(Items& items) {
    std::sort(items.begin(), items.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
}

} // namespace

void resolve(spec& whole) {
    for (const auto& d : whole.domains) {
        check_type(d.type, d.where, "domain " + d.name);
    }
    sort_by_index(whole.classes);
    for (auto& c : whole.classes) {
        for (auto& property : c.properties) {
            resolve_field(whole, property, "class " + c.name);
        }
        check_properties(c);
        sort_by_index(c.methods);
        for (auto& m : c.methods) {
            const auto what = "method " + c.name + "." + m.name;
            for (auto& f : m.fields) {
                resolve_field(whole, f, what);
            }
            check_bit_runs(m, what);
            check_references(c, m, what);
        }
    }
}

} // namespace taskwire::codegen
