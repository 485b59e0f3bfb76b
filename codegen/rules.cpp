#include "rules.hpp"

#include "names.hpp"

#include <algorithm>
#include <stdexcept>

namespace taskwire::codegen {

namespace {

/// Takes one possibly escaped character off the front of a character class.
char take_character(std::string_view& rest) {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == '\\' && !rest.empty()) {
        c = rest.front();
        rest.remove_prefix(1);
        switch (c) {
        case 'r':
            return '\r';
        case 'n':
            return '\n';
        case 't':
            return '\t';
        default:
            return c;
        }
    }
    return c;
}

/// The characters of a class; empty when it has a range that runs backwards.
std::string expand_class(std::string_view rest) {
    std::string out;
    while (!rest.empty()) {
        const auto first = static_cast<unsigned char>(take_character(rest));
        auto last = first;
        // "-" stands for itself at either end and right after a range, as in "0-9-_".
        if (rest.size() > 1 && rest.front() == '-') {
            rest.remove_prefix(1);
            last = static_cast<unsigned char>(take_character(rest));
        }
        if (last < first) {
            return {};
        }
        for (int c = first; c <= last; ++c) {
            out += static_cast<char>(c);
        }
    }
    return out;
}

void apply(const assertion& a, string_rule& rule, const std::string& where) {
    if (a.check == "notnull") {
        rule.not_null = true;
        return;
    }
    if (a.check == "length") {
        rule.length_max = std::min<std::size_t>(rule.length_max, std::stoul(a.value));
        return;
    }
    if (a.check != "regexp") {
        throw std::runtime_error(where + ": check '" + a.check +
                                 "' is not supported on a short string");
    }
    if (!rule.allowed.empty() || !rule.refused.empty()) {
        throw std::runtime_error(where + ": a second pattern on one short string");
    }
    if (!expand_pattern(a.value, rule)) {
        throw std::runtime_error(where + ": pattern '" + a.value +
                                 "' is neither ^[...]*$ nor ^[^...]*$");
    }
}

string_rule domain_rule(const domain& d) {
    string_rule rule;
    rule.name = cpp_name(d.name);
    rule.domain = d.name;
    for (const auto& a : d.assertions) {
        apply(a, rule, d.where);
    }
    return rule;
}

string_rule no_rule() {
    string_rule rule;
    rule.name = "none";
    rule.domain = "shortstr";
    return rule;
}

} // namespace

rule_book::rule_book(const spec& whole) : spec_(whole) {
    add(no_rule());
    for (const auto& d : whole.domains) {
        if (d.type == "shortstr" && !d.assertions.empty()) {
            add(domain_rule(d));
        }
    }
    for (const auto& c : whole.classes) {
        for (const auto& property : c.properties) {
            if (property.type == "shortstr" && is_member(property)) {
                add(rule_for(property, cpp_name(c.name)));
            }
        }
        for (const auto& m : c.methods) {
            for (const auto& f : m.fields) {
                if (f.type == "shortstr" && is_member(f)) {
                    add(rule_for(f, cpp_name(c.name) + "_" + cpp_name(m.name)));
                }
            }
        }
    }
}

std::string rule_book::rule_of(const field& f, const std::string& context) const {
    return rule_for(f, context).name;
}

void rule_book::add(string_rule rule) {
    const auto same = [&](const string_rule& other) { return other.name == rule.name; };
    if (std::none_of(rules_.begin(), rules_.end(), same)) {
        rules_.push_back(std::move(rule));
    }
}

string_rule rule_book::rule_for(const field& f, const std::string& context) const {
    const auto* found = spec_.find_domain(f.domain.empty() ? f.type : f.domain);
    auto rule = found == nullptr || found->assertions.empty() ? no_rule() : domain_rule(*found);
    const auto before = rule;
    for (const auto& a : f.assertions) {
        apply(a, rule, f.where);
    }
    const bool same_text = rule.length_max == before.length_max && rule.allowed == before.allowed &&
                           rule.refused == before.refused;
    if (!same_text) {
        rule.name = context + "_" + cpp_name(f.name);
    } else if (rule.not_null != before.not_null) {
        rule.name = cpp_name(rule.domain) + "_not_null";
    }
    return rule;
}

bool expand_pattern(std::string_view pattern, string_rule& rule) {
    constexpr std::string_view head = "^[";
    constexpr std::string_view tail = "]*$";
    if (!pattern.starts_with(head) || !pattern.ends_with(tail) ||
        pattern.size() <= head.size() + tail.size()) {
        return false;
    }
    auto inner = pattern.substr(head.size(), pattern.size() - head.size() - tail.size());
    const bool negated = inner.starts_with('^');
    if (negated) {
        inner.remove_prefix(1);
    }
    auto expanded = expand_class(inner);
    if (expanded.empty()) {
        return false;
    }
    (negated ? rule.refused : rule.allowed) = std::move(expanded);
    return true;
}

} // namespace taskwire::codegen
