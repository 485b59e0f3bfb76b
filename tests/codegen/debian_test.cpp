#include "differences.hpp"
#include "support.hpp"

#include "emit.hpp"

#include <algorithm>
#include <doctest/doctest.h>

// Debian's package amqp-specs carries the official files: a judge that we did not write.
TEST_SUITE("debian") {
    using namespace taskwire::codegen;
    using namespace taskwire::codegen::test;

    void expect(const std::vector<std::string>& found, const std::vector<std::string>& allowed) {
        const auto among = [](const std::vector<std::string>& lines, const std::string& line) {
            return std::find(lines.begin(), lines.end(), line) != lines.end();
        };
        for (const auto& line : found) {
            if (!among(allowed, line)) {
                FAIL_CHECK("not allowed: ", line);
            }
        }
        for (const auto& line : allowed) {
            if (!among(found, line)) {
                FAIL_CHECK("expected, but no longer so: ", line);
            }
        }
    }

    std::size_t method_count(const spec& s) {
        std::size_t count = 0;
        for (const auto& c : s.classes) {
            count += c.methods.size();
        }
        return count;
    }

    TEST_CASE("our AMQP 0-9-1 is the official one") {
        const auto theirs = debian_spec("0-9-1/amqp0-9-1.stripped.xml");
        // Literal counts, so that two empty readings cannot agree.
        CHECK(theirs.constants.size() == 24);
        CHECK(theirs.domains.size() == 24);
        CHECK(theirs.classes.size() == 6);
        CHECK(method_count(theirs) == 53);
        expect(differences(our_base(), theirs), {});
    }

    TEST_CASE("our RabbitMQ is RabbitMQ's but for what its file lacks") {
        const auto theirs = debian_spec("0-9-1-rabbit/amqp0-9-1.stripped.extended.xml");
        CHECK(theirs.classes.size() == 7);
        CHECK(method_count(theirs) == 60);
        const std::string old_name = "theirs length 127, regexp ^[a-zA-Z0-9-_.:]*$";
        const std::string new_name = "ours length 255, regexp ^[^\\r\\n]*$, ";
        expect(differences(our_whole(), theirs),
               {
                   "constant no-route: only ours",
                   "domain exchange-name: assertions: " + new_name + old_name,
                   "domain queue-name: assertions: " + new_name + old_name,
                   "domain path: assertions: ours length 255, notnull, theirs length 127, notnull",
                   "method connection.blocked: only ours",
                   "method connection.unblocked: only ours",
                   "method connection.update-secret: only ours",
                   "method connection.update-secret-ok: only ours",
                   "method basic.recover: synchronous: ours yes, theirs no",
                   "method basic.recover: responses: ours recover-ok, theirs nothing",
                   "method confirm.select: field 1: ours no-wait: bit, domain no-wait, "
                   "theirs nowait: bit",
               });
    }

    TEST_CASE("all three 0-9-1 files can be generated from, unmodified") {
        for (const auto* file :
             {"0-9-1/amqp0-9-1.stripped.xml", "0-9-1-qpid/amqp0-9-1.stripped.xml",
              "0-9-1-rabbit/amqp0-9-1.stripped.extended.xml"}) {
            CAPTURE(file);
            const auto text = emit_methods_header(debian_spec(file));
            CHECK(text.find("struct deliver {\n") != std::string::npos);
            // No spelling of no-wait, and nothing reserved, has become a member.
            CHECK(text.find(" nowait{}") == std::string::npos);
            CHECK(text.find(" no_wait{}") == std::string::npos);
            CHECK(text.find(" ticket{}") == std::string::npos);
            CHECK(text.find(" reserved") == std::string::npos);
        }
    }

    TEST_CASE("domains with spaces in their names are found") {
        const auto qpid = debian_spec("0-9-1-qpid/amqp0-9-1.stripped.xml");
        const auto* bound = qpid.find_class("exchange")->find_method("bound");
        REQUIRE(bound != nullptr);
        REQUIRE(bound->fields.size() == 3);
        CHECK(bound->fields[2].domain == "queue-name");
        CHECK(bound->fields[2].type == "shortstr");
    }
}
