#include "resolve.hpp"

#include "support.hpp"

#include <doctest/doctest.h>

TEST_SUITE("resolve") {
    using namespace taskwire::codegen;
    using namespace taskwire::codegen::test;

    std::string method_with(const std::string& parts) {
        return amqp("<domain name='bit' type='bit'/>\n<class name='c' index='1'>\n"
                    "<method name='m' index='1'>" +
                    parts + "</method>\n</class>");
    }

    std::string bits(int count) {
        std::string out;
        for (int i = 1; i <= count; ++i) {
            out += "<field name='b" + std::to_string(i) + "' domain='bit'/>";
        }
        return out;
    }

    TEST_CASE("a field gets the type of its domain") {
        const auto s = merged({method_with("<field name='f' domain='bit'/>")});
        CHECK(s.classes[0].methods[0].fields[0].type == "bit");
        CHECK(s.classes[0].methods[0].fields[0].domain == "bit");
    }

    TEST_CASE("classes and methods come in the order of their indices") {
        const auto s = merged({amqp("<class name='b' index='20'/><class name='a' index='10'>"
                                    "<method name='y' index='2'/><method name='x' index='1'/>"
                                    "</class>")});
        CHECK(s.classes[0].name == "a");
        CHECK(s.classes[0].methods[0].name == "x");
        CHECK(s.classes[0].methods[1].name == "y");
        CHECK(s.classes[1].name == "b");
    }

    TEST_CASE("what is referred to must exist") {
        CHECK(merge_error({method_with("<field name='f' domain='nowhere'/>")}) ==
              "base.xml:4: field f of method c.m has the unknown domain 'nowhere'");
        CHECK(merge_error({method_with("<field name='f' type='float'/>")}) ==
              "base.xml:4: field f of method c.m has the unknown wire type 'float'");
        CHECK(merge_error({amqp("<domain name='d' type='float'/>")}) ==
              "base.xml:2: domain d has the unknown wire type 'float'");
        CHECK(merge_error({method_with("<response name='m-ok'/>")}) ==
              "base.xml:4: method c.m has the unknown response 'm-ok'");
        CHECK(merge_error({method_with("<field name='f' type='short'>"
                                       "<assert check='le' method='m' field='g'/></field>")}) ==
              "base.xml:4: field f of method c.m is compared with 'm.g', which does not exist");
    }

    TEST_CASE("eight bits in a row fit, nine do not") {
        CHECK(merge_error({method_with(bits(8))}) == "");
        CHECK(merge_error({method_with(bits(9))}) ==
              "base.xml:4: field b9 of method c.m is the ninth bit in a row");
        CHECK(merge_error({method_with(bits(8) + "<field name='o' type='octet'/>"
                                                 "<field name='p' type='bit'/>")}) == "");
    }

    TEST_CASE("content properties are at most fifteen, and none is a bit") {
        std::string properties;
        for (int i = 1; i <= 15; ++i) {
            properties += "<field name='p" + std::to_string(i) + "' type='octet'/>";
        }
        const auto with = [](const std::string& fields) {
            return merge_error({amqp("<class name='c' index='1'>" + fields + "</class>")});
        };
        CHECK(with(properties) == "");
        CHECK(with(properties + "<field name='p16' type='octet'/>") ==
              "base.xml:2: class c has more than 15 content properties");
        CHECK(with("<field name='p' type='bit'/>") ==
              "base.xml:2: content property p of class c is a bit; those are not supported");
    }
}
