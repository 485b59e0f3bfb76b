#pragma once

#include "model.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace taskwire::codegen {

/// The assertions on a short string in the form that code checks.
struct string_rule {
    std::string name;   ///< The C++ name in namespace rules.
    std::string domain; ///< The spec's domain, for messages.
    std::size_t length_max = 255;
    std::string allowed; ///< The only characters that may occur; empty means any.
    std::string refused; ///< Characters that may not occur.
    bool not_null = false;
};

/// Every rule of a spec: `none` first, one per short-string domain that asserts something, then one
/// per field that asserts more than its domain.
///
/// *Lifetimes*: the spec must outlive the book.
///
/// *Errors*: the constructor throws std::runtime_error, "file:line: what is wrong", for an
/// assertion that a string_rule cannot hold.
class rule_book {
  public:
    explicit rule_book(const spec& whole);

    const std::vector<string_rule>& rules() const { return rules_; }

    /// The name of the rule of a short-string field; `context` is "class_method".
    std::string rule_of(const field& f, const std::string& context) const;

  private:
    void add(string_rule rule);
    string_rule rule_for(const field& f, const std::string& context) const;

    const spec& spec_;
    std::vector<string_rule> rules_;
};

/// Expands the only two forms of pattern that the spec uses, "^[...]*$" and "^[^...]*$", into the
/// allowed or refused characters of a rule. False for any other pattern.
bool expand_pattern(std::string_view pattern, string_rule& rule);

} // namespace taskwire::codegen
