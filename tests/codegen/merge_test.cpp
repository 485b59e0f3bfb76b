#include "merge.hpp"

#include "support.hpp"

#include <doctest/doctest.h>

// Nothing in the specification changes by accident: each conflict is named with file and line.
TEST_SUITE("merge") {
    using namespace taskwire::codegen;
    using namespace taskwire::codegen::test;

    /// Constant, domains and one class with a request, its reply and a message of its own.
    std::string base() {
        return amqp("<constant name='gone' value='410' class='soft-error'/>\n"      // line 2
                    "<domain name='bit' type='bit'/>\n"                             // line 3
                    "<domain name='word' type='shortstr'/>\n"                       // line 4
                    "<class name='shop' index='10' handler='shop'>\n"               // line 5
                    "<chassis name='server' implement='MUST'/>\n"                   // line 6
                    "<method name='ask' index='10'>\n"                              // line 7
                    "<chassis name='server' implement='MUST'/>\n"                   // line 8
                    "<field name='what' domain='word'/>\n"                          // line 9
                    "<field name='reserved-1' type='bit' reserved='1'/></method>\n" // line 10
                    "<method name='ask-ok' index='11'/>\n"                          // line 11
                    "</class>");
    }

    std::string error_of(const std::string& more) {
        return merge_error({base(), amqp(more)});
    }

    std::string class_error(const std::string& methods) {
        return error_of("<class name='shop' index='10' extends='1'>\n" + methods + "</class>");
    }

    std::string ask_error(const std::string& attributes, const std::string& parts) {
        return class_error("<method name='ask' index='10' " + attributes + ">" + parts +
                           "</method>");
    }

    TEST_CASE("an extension adds and overrides what it says it does") {
        const auto s =
            merged({base(), amqp("<constant name='busy' value='411' class='hard-error'/>"
                                 "<domain name='word' type='shortstr' overrides='assertions'>"
                                 "<assert check='length' value='9'/></domain>"
                                 "<class name='shop' index='10' extends='1'>"
                                 "<chassis name='client' implement='MAY'/>"
                                 "<field name='colour' domain='word'/>"
                                 "<method name='ask' index='10' extends='1' synchronous='1'"
                                 " overrides='synchronous'><chassis name='client' implement='MAY'/>"
                                 "<response name='ask-ok'/><field name='softly' domain='bit'"
                                 " replaces='reserved-1'/></method>"
                                 "<method name='leave' index='20'/></class>"
                                 "<class name='yard' index='5'/>")});
        CHECK(s.constants.size() == 2);
        REQUIRE(s.domains.size() == 2);
        CHECK(s.domains[1].assertions.size() == 1);
        CHECK(s.domains[1].overrides == "");
        REQUIRE(s.classes.size() == 2);
        CHECK(s.classes[0].name == "yard");
        const auto& shop = s.classes[1];
        CHECK(shop.chassis_list.size() == 2);
        CHECK(shop.properties.size() == 1);
        REQUIRE(shop.methods.size() == 3);
        const auto& ask = shop.methods[0];
        CHECK(ask.is_synchronous());
        CHECK(ask.responses == std::vector<std::string>{"ask-ok"});
        CHECK(ask.chassis_list.size() == 2);
        REQUIRE(ask.fields.size() == 2);
        CHECK(ask.fields[0].name == "what");
        CHECK(ask.fields[1].name == "softly");
        CHECK_FALSE(ask.fields[1].reserved);
        CHECK(ask.fields[1].replaces == "");
        CHECK(shop.methods[2].name == "leave");
    }

    TEST_CASE("constants") {
        CHECK(error_of("<constant name='gone' value='411'/>") ==
              "more.xml:2: constant gone is already defined (base.xml:2)");
        CHECK(error_of("<constant name='away' value='410'/>") ==
              "more.xml:2: constant away has value 410, which is gone's (base.xml:2)");
    }

    TEST_CASE("domains") {
        CHECK(error_of("<domain name='word' type='shortstr'/>") ==
              "more.xml:2: domain word is already defined (base.xml:4); to restate its "
              "assertions, say overrides=\"assertions\"");
        CHECK(error_of("<domain name='word' type='longstr' overrides='assertions'/>") ==
              "more.xml:2: domain word has type shortstr (base.xml:4), not longstr");
        CHECK(error_of("<domain name='verb' type='shortstr' overrides='assertions'/>") ==
              "more.xml:2: domain verb overrides nothing: no earlier file defines it");
        CHECK(error_of("<domain name='word' type='shortstr' overrides='type'/>") ==
              "more.xml:2: domain word overrides 'type'; of a domain only 'assertions' can be");
    }

    TEST_CASE("classes") {
        CHECK(error_of("<class name='shop' index='10'/>") ==
              "more.xml:2: class shop is already defined (base.xml:5); to add to it, say "
              "extends=\"1\"");
        CHECK(error_of("<class name='shop' index='11' extends='1'/>") ==
              "more.xml:2: class shop has index 10 (base.xml:5), not 11");
        CHECK(error_of("<class name='mill' index='10'/>") ==
              "more.xml:2: class mill has index 10, which is shop's (base.xml:5)");
        CHECK(error_of("<class name='mill' index='20' extends='1'/>") ==
              "more.xml:2: class mill extends nothing: no earlier file defines it");
        CHECK(error_of("<class name='shop' index='10' extends='1' handler='mill'/>") ==
              "more.xml:2: class shop: an extension cannot change 'handler'");
        CHECK(error_of("<class name='shop' index='10' extends='1'>"
                       "<chassis name='server' implement='MAY'/></class>") ==
              "more.xml:2: class shop has the chassis server already");
        CHECK(merge_error({amqp("<class name='shop' index='10' extends='1'/>")}) ==
              "base.xml:2: class shop extends nothing: no earlier file defines it");
    }

    TEST_CASE("methods") {
        CHECK(ask_error("", "") == "more.xml:3: method shop.ask is already defined (base.xml:7); "
                                   "to add to it, say extends=\"1\"");
        CHECK(class_error("<method name='ask' index='12' extends='1'/>") ==
              "more.xml:3: method shop.ask has index 10 (base.xml:7), not 12");
        CHECK(class_error("<method name='beg' index='10'/>") ==
              "more.xml:3: method shop.beg has index 10, which is ask's (base.xml:7)");
        CHECK(class_error("<method name='beg' index='30' extends='1'/>") ==
              "more.xml:3: method shop.beg extends nothing: no earlier file defines it");
        CHECK(class_error("<method name='beg' index='30' overrides='synchronous'/>") ==
              "more.xml:3: method shop.beg overrides nothing: no earlier file defines it");
        CHECK(class_error("<method name='a' index='30'/>\n<method name='a' index='31'/>") ==
              "more.xml:4: method shop.a is already defined (more.xml:3); to add to it, say "
              "extends=\"1\"");
    }

    TEST_CASE("what an extension of a method may not do") {
        CHECK(ask_error("extends='1' synchronous='1'", "") ==
              "more.xml:3: method shop.ask: an extension states 'synchronous' together with "
              "overrides=\"synchronous\", or neither");
        CHECK(ask_error("extends='1' overrides='synchronous'", "") ==
              "more.xml:3: method shop.ask: an extension states 'synchronous' together with "
              "overrides=\"synchronous\", or neither");
        CHECK(ask_error("extends='1' overrides='index'", "") ==
              "more.xml:3: method shop.ask overrides 'index'; of a method only 'synchronous' "
              "can be");
        CHECK(ask_error("extends='1' content='1'", "") ==
              "more.xml:3: method shop.ask: an extension cannot change 'content' or 'deprecated'");
        CHECK(ask_error("extends='1'", "<chassis name='server' implement='MAY'/>") ==
              "more.xml:3: method shop.ask has the chassis server already");
        CHECK(
            ask_error("extends='1'", "<field name='loud' type='bit'/>") ==
            "more.xml:3: field loud of method shop.ask must say which reserved field it replaces");
        CHECK(class_error("<method name='beg' index='30'><response name='ask-ok'/>"
                          "<response name='ask-ok'/></method>") ==
              "more.xml:3: method shop.beg has the response ask-ok already");
    }

    TEST_CASE("fields") {
        CHECK(ask_error("extends='1'", "<field name='f' type='bit' replaces='reserved-9'/>") ==
              "more.xml:3: field f of method shop.ask replaces 'reserved-9', which does not exist");
        CHECK(ask_error("extends='1'", "<field name='f' type='bit' replaces='what'/>") ==
              "more.xml:3: field f of method shop.ask replaces 'what', which is not reserved "
              "(base.xml:9)");
        CHECK(ask_error("extends='1'", "<field name='f' type='octet' replaces='reserved-1'/>") ==
              "more.xml:3: field f of method shop.ask replaces 'reserved-1', which has another "
              "type");
        CHECK(ask_error("extends='1'", "<field name='what' type='bit' replaces='reserved-1'/>") ==
              "more.xml:3: field what of method shop.ask is already defined (base.xml:9)");
        CHECK(class_error("<method name='beg' index='30'>\n<field name='f' type='bit'/>\n"
                          "<field name='f' type='octet'/></method>") ==
              "more.xml:5: field f of method shop.beg is already defined (more.xml:4)");
        CHECK(class_error("<field name='f' type='octet'/>\n<field name='f' type='octet'/>") ==
              "more.xml:4: field f of class shop is already defined (more.xml:3)");
    }

    TEST_CASE("versions") {
        CHECK(merge_error({base(), "<amqp major='0' minor='9' revision='0' port='5672'/>"}) ==
              "more.xml:1: the protocol version or port differs from the first file's "
              "(base.xml:1)");
    }

    TEST_CASE("a third file extends what the second added") {
        CHECK(merge_error({base(), amqp("<class name='mill' index='20'/>"),
                           amqp("<class name='mill' index='20' extends='1'/>")}) == "");
        CHECK(merge_error({base(), amqp("<class name='mill' index='20'/>"),
                           amqp("<class name='mill' index='20'/>")}) ==
              "third.xml:2: class mill is already defined (more.xml:2); to add to it, say "
              "extends=\"1\"");
    }
}
