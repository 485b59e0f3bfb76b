#include "differences.hpp"

#include <algorithm>

namespace taskwire::codegen::test {

namespace {

/// Collects what differs; each `compare` states one thing.
class comparison {
  public:
    void whole(const spec& ours, const spec& theirs);

    std::vector<std::string> found;

  private:
    void fact(const std::string& of, const std::string& name, const std::string& ours,
              const std::string& theirs);
    template <class Item, class Compare>
    void pairs(const std::vector<Item>& ours, const std::vector<Item>& theirs,
               const std::string& what, Compare compare);
    void compare_class(const protocol_class& ours, const protocol_class& theirs,
                       const std::string& what);
    void compare_method(const method& ours, const method& theirs, const std::string& what);
    void compare_fields(const std::vector<field>& ours, const std::vector<field>& theirs,
                        const std::string& what);
};

std::string yes_or_no(bool value) {
    return value ? "yes" : "no";
}

std::string or_nothing(const std::string& text) {
    return text.empty() ? "nothing" : text;
}

std::string joined(std::vector<std::string> parts, bool sorted) {
    if (sorted) {
        std::sort(parts.begin(), parts.end());
    }
    std::string out;
    for (const auto& part : parts) {
        out += (out.empty() ? "" : ", ") + part;
    }
    return out;
}

std::string describe(const std::vector<assertion>& assertions) {
    std::vector<std::string> parts;
    for (const auto& a : assertions) {
        auto text = a.check;
        text += a.value.empty() ? "" : " " + a.value;
        text += a.method.empty() ? "" : " " + a.method + "." + a.field;
        parts.push_back(text);
    }
    return joined(parts, true);
}

std::string describe(const std::vector<chassis>& list) {
    std::vector<std::string> parts;
    for (const auto& c : list) {
        parts.push_back(c.name + " " + c.implement);
    }
    return joined(parts, true);
}

std::string describe(const field& f) {
    auto out = f.name + ": " + f.type;
    out += f.domain.empty() ? "" : ", domain " + f.domain;
    out += f.reserved ? ", reserved" : "";
    const auto asserted = describe(f.assertions);
    return asserted.empty() ? out : out + ", asserts " + asserted;
}

void comparison::fact(const std::string& of, const std::string& name, const std::string& ours,
                      const std::string& theirs) {
    if (ours != theirs) {
        found.push_back(of + ": " + name + ": ours " + or_nothing(ours) + ", theirs " +
                        or_nothing(theirs));
    }
}

template <class Item, class Compare>
void comparison::pairs(const std::vector<Item>& ours, const std::vector<Item>& theirs,
                       const std::string& what, Compare compare) {
    const auto find = [](const std::vector<Item>& items, const std::string& name) {
        const auto at = std::find_if(items.begin(), items.end(),
                                     [&](const Item& item) { return item.name == name; });
        return at == items.end() ? nullptr : &*at;
    };
    for (const auto& item : ours) {
        const auto* other = find(theirs, item.name);
        if (other == nullptr) {
            found.push_back(what + item.name + ": only ours");
        } else {
            compare(item, *other, what + item.name);
        }
    }
    for (const auto& item : theirs) {
        if (find(ours, item.name) == nullptr) {
            found.push_back(what + item.name + ": only theirs");
        }
    }
}

void comparison::whole(const spec& ours, const spec& theirs) {
    const auto version = [](const spec& s) {
        return std::to_string(s.major) + "-" + std::to_string(s.minor) + "-" +
               std::to_string(s.revision);
    };
    fact("protocol", "version", version(ours), version(theirs));
    fact("protocol", "port", std::to_string(ours.port), std::to_string(theirs.port));
    pairs(ours.constants, theirs.constants, "constant ",
          [this](const constant& a, const constant& b, const std::string& what) {
              fact(what, "value", std::to_string(a.value), std::to_string(b.value));
              fact(what, "class", a.error_class, b.error_class);
          });
    pairs(ours.domains, theirs.domains, "domain ",
          [this](const domain& a, const domain& b, const std::string& what) {
              fact(what, "type", a.type, b.type);
              fact(what, "assertions", describe(a.assertions), describe(b.assertions));
          });
    pairs(ours.classes, theirs.classes, "class ",
          [this](const protocol_class& a, const protocol_class& b, const std::string& what) {
              compare_class(a, b, what);
          });
}

void comparison::compare_class(const protocol_class& ours, const protocol_class& theirs,
                               const std::string& what) {
    fact(what, "index", std::to_string(ours.index), std::to_string(theirs.index));
    fact(what, "handler", ours.handler, theirs.handler);
    fact(what, "chassis", describe(ours.chassis_list), describe(theirs.chassis_list));
    compare_fields(ours.properties, theirs.properties, what);
    pairs(ours.methods, theirs.methods, "method " + ours.name + ".",
          [this](const method& a, const method& b, const std::string& method_what) {
              compare_method(a, b, method_what);
          });
}

void comparison::compare_method(const method& ours, const method& theirs, const std::string& what) {
    fact(what, "index", std::to_string(ours.index), std::to_string(theirs.index));
    fact(what, "synchronous", yes_or_no(ours.is_synchronous()), yes_or_no(theirs.is_synchronous()));
    fact(what, "content", yes_or_no(ours.content), yes_or_no(theirs.content));
    fact(what, "deprecated", yes_or_no(ours.deprecated), yes_or_no(theirs.deprecated));
    fact(what, "chassis", describe(ours.chassis_list), describe(theirs.chassis_list));
    fact(what, "responses", joined(ours.responses, false), joined(theirs.responses, false));
    compare_fields(ours.fields, theirs.fields, what);
}

void comparison::compare_fields(const std::vector<field>& ours, const std::vector<field>& theirs,
                                const std::string& what) {
    for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
        fact(what, "field " + std::to_string(i + 1), i < ours.size() ? describe(ours[i]) : "",
             i < theirs.size() ? describe(theirs[i]) : "");
    }
}

} // namespace

std::vector<std::string> differences(const spec& ours, const spec& theirs) {
    comparison all;
    all.whole(ours, theirs);
    return all.found;
}

} // namespace taskwire::codegen::test
