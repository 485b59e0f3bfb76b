#include "merge.hpp"

#include "resolve.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace taskwire::codegen {

namespace {

[[noreturn]] void fail(const std::string& where, const std::string& what) {
    throw std::runtime_error(where + ": " + what);
}

template <class Items>
auto find_by_name(Items& items, const std::string& name) {
    return std::find_if(items.begin(), items.end(),
                        [&](const auto& item) { return item.name == name; });
}

/// Refuses a second thing of the same index. Things that share the name are found before this.
template <class Items, class Item>
void check_index_is_free(const Items& items, const Item& added, const std::string& what) {
    for (const auto& item : items) {
        if (item.index == added.index) {
            fail(added.where, what + " has index " + std::to_string(added.index) + ", which is " +
                                  item.name + "'s (" + item.where + ")");
        }
    }
}

/// Checks that `added` may extend `existing`: it says so and they agree on the index.
template <class Item>
void check_extends(const Item& existing, const Item& added, const std::string& what) {
    if (!added.extends) {
        fail(added.where, what + " is already defined (" + existing.where +
                              "); to add to it, say extends=\"1\"");
    }
    if (added.index != existing.index) {
        fail(added.where, what + " has index " + std::to_string(existing.index) + " (" +
                              existing.where + "), not " + std::to_string(added.index));
    }
}

template <class Item>
void check_extends_nothing(const Item& added, const std::string& what) {
    if (added.extends) {
        fail(added.where, what + " extends nothing: no earlier file defines it");
    }
}

void add_chassis(std::vector<chassis>& to, const chassis& added, const std::string& where,
                 const std::string& what) {
    if (find_by_name(to, added.name) != to.end()) {
        fail(where, what + " has the chassis " + added.name + " already");
    }
    to.push_back(added);
}

/// The wire type of a field before resolve(): empty for an unknown domain, which resolve() reports.
std::string type_of(const spec& whole, const field& f) {
    const auto* found = whole.find_domain(f.domain);
    return found == nullptr ? f.type : found->type;
}

void add_field(const spec& whole, std::vector<field>& to, field added, const std::string& what) {
    const auto full = "field " + added.name + " of " + what;
    auto place = to.end();
    if (!added.replaces.empty()) {
        place = find_by_name(to, added.replaces);
        if (place == to.end()) {
            fail(added.where, full + " replaces '" + added.replaces + "', which does not exist");
        }
        if (!place->reserved) {
            fail(added.where, full + " replaces '" + added.replaces + "', which is not reserved (" +
                                  place->where + ")");
        }
        if (type_of(whole, *place) != type_of(whole, added)) {
            fail(added.where, full + " replaces '" + added.replaces + "', which has another type");
        }
    }
    const auto twin = find_by_name(to, added.name);
    if (twin != to.end() && twin != place) {
        fail(added.where, full + " is already defined (" + twin->where + ")");
    }
    added.replaces.clear();
    if (place == to.end()) {
        to.push_back(std::move(added));
    } else {
        *place = std::move(added);
    }
}

void add_response(method& to, const std::string& added, const std::string& where,
                  const std::string& what) {
    if (std::find(to.responses.begin(), to.responses.end(), added) != to.responses.end()) {
        fail(where, what + " has the response " + added + " already");
    }
    to.responses.push_back(added);
}

void add_parts(const spec& whole, method& to, const method& from, const std::string& what) {
    for (const auto& c : from.chassis_list) {
        add_chassis(to.chassis_list, c, from.where, what);
    }
    for (const auto& response : from.responses) {
        add_response(to, response, from.where, what);
    }
    for (const auto& f : from.fields) {
        add_field(whole, to.fields, f, what);
    }
}

void extend_method(const spec& whole, method& existing, const method& added,
                   const std::string& what) {
    check_extends(existing, added, what);
    if (!added.overrides.empty() && added.overrides != "synchronous") {
        fail(added.where,
             what + " overrides '" + added.overrides + "'; of a method only 'synchronous' can be");
    }
    if (added.content || added.deprecated) {
        fail(added.where, what + ": an extension cannot change 'content' or 'deprecated'");
    }
    const bool overrides = added.overrides == "synchronous";
    if (overrides != added.synchronous.has_value()) {
        fail(added.where, what + ": an extension states 'synchronous' together with "
                                 "overrides=\"synchronous\", or neither");
    }
    if (overrides) {
        existing.synchronous = added.synchronous;
    }
    // In a method that exists only a reserved field may change: another one would shift the rest.
    for (const auto& f : added.fields) {
        if (f.replaces.empty()) {
            fail(f.where,
                 "field " + f.name + " of " + what + " must say which reserved field it replaces");
        }
    }
    add_parts(whole, existing, added, what);
}

void add_method(const spec& whole, protocol_class& to, const method& added) {
    const auto what = "method " + to.name + "." + added.name;
    const auto existing = find_by_name(to.methods, added.name);
    if (existing != to.methods.end()) {
        extend_method(whole, *existing, added, what);
        return;
    }
    check_index_is_free(to.methods, added, what);
    check_extends_nothing(added, what);
    if (!added.overrides.empty()) {
        fail(added.where, what + " overrides nothing: no earlier file defines it");
    }
    // Built from nothing, so that what is said twice inside one method is found as well.
    auto fresh = added;
    fresh.chassis_list.clear();
    fresh.responses.clear();
    fresh.fields.clear();
    add_parts(whole, fresh, added, what);
    to.methods.push_back(std::move(fresh));
}

void add_class(spec& to, const protocol_class& added) {
    const auto what = "class " + added.name;
    auto existing = find_by_name(to.classes, added.name);
    if (existing != to.classes.end()) {
        check_extends(*existing, added, what);
        if (!added.handler.empty() && added.handler != existing->handler) {
            fail(added.where, what + ": an extension cannot change 'handler'");
        }
    } else {
        check_index_is_free(to.classes, added, what);
        check_extends_nothing(added, what);
        existing = to.classes.insert(to.classes.end(), {.name = added.name,
                                                        .index = added.index,
                                                        .handler = added.handler,
                                                        .chassis_list = {},
                                                        .properties = {},
                                                        .methods = {},
                                                        .extends = false,
                                                        .where = added.where});
    }
    for (const auto& c : added.chassis_list) {
        add_chassis(existing->chassis_list, c, added.where, what);
    }
    for (const auto& property : added.properties) {
        add_field(to, existing->properties, property, what);
    }
    for (const auto& m : added.methods) {
        add_method(to, *existing, m);
    }
}

void add_domain(spec& to, domain added) {
    const auto what = "domain " + added.name;
    const auto existing = find_by_name(to.domains, added.name);
    const auto overrides = std::exchange(added.overrides, {});
    if (!overrides.empty() && overrides != "assertions") {
        fail(added.where,
             what + " overrides '" + overrides + "'; of a domain only 'assertions' can be");
    }
    if (existing == to.domains.end()) {
        if (!overrides.empty()) {
            fail(added.where, what + " overrides nothing: no earlier file defines it");
        }
        to.domains.push_back(std::move(added));
        return;
    }
    if (overrides.empty()) {
        fail(added.where, what + " is already defined (" + existing->where +
                              "); to restate its assertions, say overrides=\"assertions\"");
    }
    if (added.type != existing->type) {
        fail(added.where, what + " has type " + existing->type + " (" + existing->where +
                              "), not " + added.type);
    }
    *existing = std::move(added);
}

void add_constant(spec& to, const constant& added) {
    for (const auto& c : to.constants) {
        if (c.name == added.name) {
            fail(added.where, "constant " + added.name + " is already defined (" + c.where + ")");
        }
        if (c.value == added.value) {
            fail(added.where, "constant " + added.name + " has value " +
                                  std::to_string(added.value) + ", which is " + c.name + "'s (" +
                                  c.where + ")");
        }
    }
    to.constants.push_back(added);
}

void add_file(spec& to, const spec& file, bool first) {
    const bool same = file.major == to.major && file.minor == to.minor &&
                      file.revision == to.revision && file.port == to.port;
    if (first) {
        to.major = file.major;
        to.minor = file.minor;
        to.revision = file.revision;
        to.port = file.port;
        to.where = file.where;
    } else if (!same) {
        fail(file.where,
             "the protocol version or port differs from the first file's (" + to.where + ")");
    }
    for (const auto& c : file.constants) {
        add_constant(to, c);
    }
    for (const auto& d : file.domains) {
        add_domain(to, d);
    }
    for (const auto& c : file.classes) {
        add_class(to, c);
    }
}

} // namespace

spec merge(const std::vector<spec>& files) {
    spec out;
    for (const auto& file : files) {
        add_file(out, file, &file == files.data());
    }
    resolve(out);
    return out;
}

} // namespace taskwire::codegen
