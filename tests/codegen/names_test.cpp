#include "names.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

TEST_SUITE("names") {
    using namespace taskwire::codegen;

    TEST_CASE("C++ names") {
        CHECK(cpp_name("auto-delete") == "auto_delete");
        CHECK(cpp_name("delete") == "delete_");
        CHECK(cpp_name("return") == "return_");
        CHECK(cpp_name("delete-ok") == "delete_ok");
        CHECK(cpp_name("get") == "get");
        CHECK(cpp_name("not") == "not_");
        CHECK(cpp_name("bitand") == "bitand_");
    }

    TEST_CASE("reply codes as RabbitMQ prints them") {
        CHECK(upper_name("precondition-failed") == "PRECONDITION_FAILED");
    }

    TEST_CASE("types and verbs") {
        CHECK(cpp_type("bit") == "bool");
        CHECK(cpp_type("short") == "std::uint16_t");
        CHECK(cpp_type("timestamp") == "std::uint64_t");
        CHECK(cpp_type("longstr") == "std::string_view");
        CHECK(visitor_name("longlong") == "longlong_uint");
        CHECK(visitor_name("table") == "table");
        CHECK_THROWS_AS(cpp_type("float"), std::logic_error);
    }

    TEST_CASE("literals") {
        CHECK(literal("plain") == "\"plain\"");
        CHECK(literal("a\"b\\c") == "\"a\\\"b\\\\c\"");
        CHECK(literal("\r\n\t") == "\"\\r\\n\\t\"");
        // Octal, so that a digit that follows is not swallowed.
        CHECK(literal("\x01"
                      "1\xff") == "\"\\0011\\377\"");
    }

    TEST_CASE("what becomes a member") {
        field f;
        f.type = "bit";
        f.name = "durable";
        CHECK(is_member(f));
        f.reserved = true;
        CHECK_FALSE(is_member(f));
        f.reserved = false;
        f.name = "no-wait";
        CHECK_FALSE(is_member(f));
        f.name = "nowait";
        CHECK_FALSE(is_member(f));
        f.name = "quietly";
        f.domain = "no-wait";
        CHECK_FALSE(is_member(f));
        f.domain = "bit";
        CHECK(is_member(f));
        f.type = "shortstr";
        f.name = "reserved";
        CHECK_FALSE(is_member(f));
    }
}
