#include "rules.hpp"

#include "support.hpp"

#include <doctest/doctest.h>
#include <stdexcept>

TEST_SUITE("rules") {
    using namespace taskwire::codegen;
    using namespace taskwire::codegen::test;

    string_rule expanded(const char* pattern) {
        string_rule rule;
        rule.refused = "untouched";
        if (expand_pattern(pattern, rule) && rule.refused == "untouched") {
            rule.refused.clear();
        }
        return rule;
    }

    TEST_CASE("the specification's pattern") {
        const auto rule = expanded("^[a-zA-Z0-9-_.:]*$");
        CHECK(rule.allowed == "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:");
        CHECK(rule.refused == "");
    }

    TEST_CASE("a negated class refuses") {
        const auto rule = expanded("^[^\\r\\n]*$");
        CHECK(rule.allowed == "");
        CHECK(rule.refused == "\r\n");
    }

    TEST_CASE("hyphens and escapes") {
        CHECK(expanded("^[-a]*$").allowed == "-a");
        CHECK(expanded("^[a-]*$").allowed == "a-");
        CHECK(expanded("^[\\t\\\\\\]]*$").allowed == "\t\\]");
        CHECK(expanded("^[a-c]*$").allowed == "abc");
    }

    TEST_CASE("any other pattern is refused, not guessed at") {
        string_rule rule;
        for (const auto* pattern :
             {"", "^[]*$", "^[^]*$", "^[a]+$", "[a]*$", "^[a]*", "^a*$", "^[z-a]*$", "^(a|b)*$"}) {
            CAPTURE(pattern);
            CHECK_FALSE(expand_pattern(pattern, rule));
        }
    }

    spec with_field(const std::string& domain_asserts, const std::string& field_asserts) {
        return merged({amqp("<domain name='d' type='shortstr'>" + domain_asserts +
                            "</domain><domain name='shortstr' type='shortstr'/>"
                            "<class name='c' index='1'><method name='m' index='1'>"
                            "<field name='f' domain='d'>" +
                            field_asserts + "</field></method></class>")});
    }

    std::string rule_name(const std::string& domain_asserts, const std::string& field_asserts) {
        const auto whole = with_field(domain_asserts, field_asserts);
        return rule_book(whole).rule_of(whole.classes[0].methods[0].fields[0], "c_m");
    }

    TEST_CASE("rules are named after the domain, or after the field where it asserts more") {
        CHECK(rule_name("", "") == "none");
        CHECK(rule_name("<assert check='notnull'/>", "") == "d");
        CHECK(rule_name("<assert check='notnull'/>", "<assert check='notnull'/>") == "d");
        CHECK(rule_name("<assert check='length' value='9'/>", "<assert check='notnull'/>") ==
              "d_not_null");
        CHECK(rule_name("", "<assert check='notnull'/>") == "shortstr_not_null");
        CHECK(rule_name("", "<assert check='length' value='9'/>") == "c_m_f");
    }

    TEST_CASE("a field's length only narrows its domain's") {
        const auto whole =
            with_field("<assert check='length' value='9'/>", "<assert check='length' value='5'/>");
        const auto rules = rule_book(whole).rules();
        REQUIRE(rules.size() == 3);
        CHECK(rules[0].name == "none");
        CHECK(rules[0].length_max == 255);
        CHECK(rules[1].name == "d");
        CHECK(rules[1].length_max == 9);
        CHECK(rules[2].name == "c_m_f");
        CHECK(rules[2].length_max == 5);
        CHECK(rules[2].domain == "d");
    }

    TEST_CASE("what a rule cannot hold is an error") {
        const auto wide = with_field("<assert check='regexp' value='^a*$'/>", "");
        CHECK_THROWS_WITH_AS(rule_book{wide},
                             "base.xml:2: pattern '^a*$' is neither ^[...]*$ nor ^[^...]*$",
                             std::runtime_error);
        const auto twice = with_field("<assert check='regexp' value='^[a]*$'/>",
                                      "<assert check='regexp' value='^[b]*$'/>");
        CHECK_THROWS_WITH_AS(rule_book{twice}, "base.xml:2: a second pattern on one short string",
                             std::runtime_error);
        const auto compared = with_field("", "<assert check='le' method='m' field='f'/>");
        CHECK_THROWS_WITH_AS(rule_book{compared},
                             "base.xml:2: check 'le' is not supported on a short string",
                             std::runtime_error);
    }
}
