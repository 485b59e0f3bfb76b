#include "reader.hpp"

#include "support.hpp"

#include <doctest/doctest.h>
#include <stdexcept>

TEST_SUITE("reader") {
    using namespace taskwire::codegen;
    using namespace taskwire::codegen::test;

    std::string read_error(const std::string& text) {
        try {
            static_cast<void>(read_text(text, "some.xml"));
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return {};
    }

    TEST_CASE("every attribute arrives") {
        const auto s = read_text(
            amqp("<constant name='not-found' value='404' class='soft-error'/>\n"
                 "<class name='basic' index='60' handler='channel' extends='1'>\n"
                 "<method name='get' index='70' synchronous='1' content='1' deprecated='1'\n"
                 "        extends='1' overrides='synchronous'>\n"
                 "<chassis name='server' implement='MAY'/><response name='get-ok'/>\n"
                 "<field name='a' type='bit' reserved='1' replaces='b'/>\n"
                 "</method></class>"),
            "some.xml");
        CHECK(s.port == 5672);
        REQUIRE(s.constants.size() == 1);
        CHECK(s.constants[0].value == 404);
        CHECK(s.constants[0].error_class == "soft-error");
        CHECK(s.constants[0].where == "some.xml:2");
        REQUIRE(s.classes.size() == 1);
        CHECK(s.classes[0].extends);
        REQUIRE(s.classes[0].methods.size() == 1);
        const auto& m = s.classes[0].methods[0];
        CHECK(m.where == "some.xml:4");
        CHECK(m.index == 70);
        CHECK(m.synchronous == true);
        CHECK(m.content);
        CHECK(m.deprecated);
        CHECK(m.extends);
        CHECK(m.overrides == "synchronous");
        CHECK(m.has_chassis("server"));
        CHECK_FALSE(m.has_chassis("client"));
        CHECK(m.responses == std::vector<std::string>{"get-ok"});
        REQUIRE(m.fields.size() == 1);
        CHECK(m.fields[0].reserved);
        CHECK(m.fields[0].replaces == "b");
        CHECK(m.fields[0].type == "bit");
    }

    TEST_CASE("a method that says nothing about synchrony is not the same as one that denies it") {
        const auto s = read_text(amqp("<class name='c' index='1'><method name='a' index='1'/>"
                                      "<method name='b' index='2' synchronous='0'/></class>"),
                                 "some.xml");
        CHECK_FALSE(s.classes[0].methods[0].synchronous.has_value());
        CHECK(s.classes[0].methods[1].synchronous == false);
    }

    TEST_CASE("documentation is passed over") {
        CHECK(read_error(amqp("<class name='c' index='1' label='x'><doc>words</doc>"
                              "<rule name='r'/></class>")) == "");
    }

    TEST_CASE("what is not XML, or not AMQP's") {
        CHECK(read_error("").starts_with("some.xml:1: not XML: "));
        CHECK(read_error("<amqp>\n<constant</amqp>").starts_with("some.xml:2: not XML: "));
        CHECK(read_error("<html/>") == "some.xml:1: the root element is not <amqp>");
        CHECK_THROWS_WITH_AS(read_file("no/such/file.xml"), "no/such/file.xml: cannot be read",
                             std::runtime_error);
    }

    TEST_CASE("what is misspelt is not lost in silence") {
        CHECK(read_error(amqp("<domain name='d' type='bit' overides='assertions'/>")) ==
              "some.xml:2: <domain> has an unknown attribute 'overides'");
        CHECK(read_error(amqp("<domian name='d' type='bit'/>")) ==
              "some.xml:2: unknown element <domian> in <amqp>");
        CHECK(read_error(amqp("<domain name='d' type='bit'>\n<assert check='lenght'/></domain>")) ==
              "some.xml:3: unknown check 'lenght'");
    }

    TEST_CASE("values are checked") {
        CHECK(read_error(amqp("<constant name='c' value='x'/>")) ==
              "some.xml:2: attribute 'value' must be a number from 0 to 4294967295, not 'x'");
        CHECK(read_error(amqp("<class name='c' index='65536'/>")) ==
              "some.xml:2: attribute 'index' must be a number from 0 to 65535, not '65536'");
        CHECK(read_error(amqp("<class name='c' index='-1'/>")) ==
              "some.xml:2: attribute 'index' must be a number from 0 to 65535, not '-1'");
        CHECK(read_error(amqp("<class index='1'/>")) ==
              "some.xml:2: <class> lacks the attribute 'name'");
        CHECK(read_error(amqp("<class name='a_b' index='1'/>")) ==
              "some.xml:2: 'a_b' is not a name: only a-z, 0-9 and '-' are");
        CHECK(read_error(amqp("<constant name='c' value='1' class='error'/>")) ==
              "some.xml:2: constant c: class 'error' is neither soft-error nor hard-error");
        CHECK(read_error(amqp("<class name='c' index='1'>"
                              "<chassis name='peer' implement='MUST'/></class>")) ==
              "some.xml:2: chassis 'peer' is neither server nor client");
        CHECK(read_error(amqp("<class name='c' index='1'>"
                              "<method name='m' index='1' content='yes'/></class>")) ==
              "some.xml:2: attribute 'content' must be 0 or 1, not 'yes'");
    }

    TEST_CASE("a field has a domain or a type, not both and not neither") {
        const std::string expected = "some.xml:2: field f must have either a domain or a type";
        CHECK(read_error(amqp("<class name='c' index='1'><field name='f'/></class>")) == expected);
        CHECK(read_error(amqp("<class name='c' index='1'>"
                              "<field name='f' type='bit' domain='bit'/></class>")) == expected);
    }
}
