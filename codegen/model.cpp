#include "model.hpp"

#include <algorithm>

namespace taskwire::codegen {

namespace {

template <class Items>
auto find_named(const Items& items, const std::string& name) -> decltype(items.data()) {
    const auto found = std::find_if(items.begin(), items.end(),
                                    [&](const auto& item) { return item.name == name; });
    return found == items.end() ? nullptr : &*found;
}

bool says_no_wait(const std::string& name) {
    return name == "no-wait" || name == "nowait";
}

} // namespace

bool method::has_chassis(const std::string& side) const {
    return find_named(chassis_list, side) != nullptr;
}

const method* protocol_class::find_method(const std::string& method_name) const {
    return find_named(methods, method_name);
}

const domain* spec::find_domain(const std::string& domain_name) const {
    return find_named(domains, domain_name);
}

const protocol_class* spec::find_class(const std::string& class_name) const {
    return find_named(classes, class_name);
}

bool is_reserved(const field& f) {
    return f.reserved || f.name == "reserved";
}

bool is_no_wait(const field& f) {
    return f.type == "bit" && (says_no_wait(f.name) || says_no_wait(f.domain));
}

} // namespace taskwire::codegen
