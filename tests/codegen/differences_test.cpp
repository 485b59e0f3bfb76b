#include "differences.hpp"

#include "support.hpp"

#include <doctest/doctest.h>
#include <functional>

// The judge is judged: a comparison that finds nothing must be able to find something.
TEST_SUITE("differences") {
    using namespace taskwire::codegen;
    using namespace taskwire::codegen::test;
    using lines = std::vector<std::string>;

    spec small() {
        return merged({amqp(
            "<constant name='a' value='1' class='soft-error'/>"
            "<domain name='d' type='shortstr'><assert check='length' value='9'/></domain>"
            "<class name='c' index='7' handler='c'><chassis name='server' implement='MUST'/>"
            "<field name='p' type='octet'/>"
            "<method name='m' index='3' synchronous='1'><chassis name='server' implement='MUST'/>"
            "<response name='m-ok'/><field name='x' domain='d'/><field name='y' type='bit'/>"
            "</method><method name='m-ok' index='4'/></class>")});
    }

    lines after(const std::function<void(spec&)>& change) {
        auto changed = small();
        change(changed);
        return differences(changed, small());
    }

    TEST_CASE("a spec equals itself") {
        CHECK(differences(small(), small()) == lines{});
    }

    TEST_CASE("version and port are facts") {
        CHECK(after([](spec& s) { s.revision = 2; }) ==
              lines{"protocol: version: ours 0-9-2, theirs 0-9-1"});
        CHECK(after([](spec& s) { s.port = 1; }) == lines{"protocol: port: ours 1, theirs 5672"});
    }

    TEST_CASE("constants and domains are facts") {
        CHECK(after([](spec& s) { s.constants[0].value = 2; }) ==
              lines{"constant a: value: ours 2, theirs 1"});
        CHECK(after([](spec& s) { s.constants[0].error_class = "hard-error"; }) ==
              lines{"constant a: class: ours hard-error, theirs soft-error"});
        CHECK(after([](spec& s) { s.constants.clear(); }) == lines{"constant a: only theirs"});
        CHECK(after([](spec& s) { s.domains[0].type = "longstr"; }) ==
              lines{"domain d: type: ours longstr, theirs shortstr"});
        CHECK(after([](spec& s) { s.domains[0].assertions[0].value = "8"; }) ==
              lines{"domain d: assertions: ours length 8, theirs length 9"});
        CHECK(after([](spec& s) { s.domains[0].name = "e"; }) ==
              lines{"domain e: only ours", "domain d: only theirs"});
    }

    TEST_CASE("classes are facts") {
        CHECK(after([](spec& s) { s.classes[0].index = 8; }) ==
              lines{"class c: index: ours 8, theirs 7"});
        CHECK(after([](spec& s) { s.classes[0].handler = "h"; }) ==
              lines{"class c: handler: ours h, theirs c"});
        CHECK(after([](spec& s) { s.classes[0].chassis_list[0].implement = "MAY"; }) ==
              lines{"class c: chassis: ours server MAY, theirs server MUST"});
        CHECK(after([](spec& s) { s.classes[0].properties[0].type = "short"; }) ==
              lines{"class c: field 1: ours p: short, theirs p: octet"});
    }

    TEST_CASE("methods are facts") {
        const auto with = [](const std::function<void(method&)>& change) {
            return after([&](spec& s) { change(s.classes[0].methods[0]); });
        };
        CHECK(with([](method& m) { m.index = 9; }) == lines{"method c.m: index: ours 9, theirs 3"});
        CHECK(with([](method& m) { m.synchronous = {}; }) ==
              lines{"method c.m: synchronous: ours no, theirs yes"});
        CHECK(with([](method& m) { m.content = true; }) ==
              lines{"method c.m: content: ours yes, theirs no"});
        CHECK(with([](method& m) { m.deprecated = true; }) ==
              lines{"method c.m: deprecated: ours yes, theirs no"});
        CHECK(with([](method& m) { m.chassis_list.clear(); }) ==
              lines{"method c.m: chassis: ours nothing, theirs server MUST"});
        CHECK(with([](method& m) { m.responses.clear(); }) ==
              lines{"method c.m: responses: ours nothing, theirs m-ok"});
    }

    TEST_CASE("fields and their order are facts") {
        const auto with = [](const std::function<void(std::vector<field>&)>& change) {
            return after([&](spec& s) { change(s.classes[0].methods[0].fields); });
        };
        CHECK(with([](std::vector<field>& f) { std::swap(f[0], f[1]); }) ==
              lines{"method c.m: field 1: ours y: bit, theirs x: shortstr, domain d",
                    "method c.m: field 2: ours x: shortstr, domain d, theirs y: bit"});
        CHECK(with([](std::vector<field>& f) { f.pop_back(); }) ==
              lines{"method c.m: field 2: ours nothing, theirs y: bit"});
        CHECK(with([](std::vector<field>& f) { f[1].reserved = true; }) ==
              lines{"method c.m: field 2: ours y: bit, reserved, theirs y: bit"});
        CHECK(with([](std::vector<field>& f) {
                  f[1].assertions.push_back({"le", "", "m", "x"});
              }) == lines{"method c.m: field 2: ours y: bit, asserts le m.x, theirs y: bit"});
    }
}
