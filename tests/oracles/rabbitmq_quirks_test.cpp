#include "canonical.hpp"
#include "encoding.hpp"
#include "rabbitmq_judge.hpp"

#include <doctest/doctest.h>

#include <limits>

/// Where RabbitMQ's modules and ours differ: the only differences that the other tests allow. Each
/// is looked at here, so that the list stays true when RabbitMQ changes.

using namespace std::string_literals;
using namespace taskwire;
using namespace taskwire::test;

namespace {

rabbitmq_judge::verdict judged(const std::string& table_bytes) {
    return shared_rabbitmq_judge().ask('T', table_bytes);
}

std::string with_key(std::string_view value) {
    return "\x01k"s.append(value);
}

std::string ours(const std::string& bytes) {
    table_view fields;
    if (const auto fault = table_view::parse(bytes, table_depth_max_default, fields))
        return "refused: " + fault.message();
    return canonical(fields);
}

bool refused(const std::string& text) {
    return text.starts_with("refused: ");
}

} // namespace

TEST_SUITE_BEGIN("quirks");

TEST_CASE("RabbitMQ reads a decimal without its sign") {
    const table fields{{"k", decimal{2, -1}}};
    CHECK(judged(std::string{fields.view().bytes()}).text == "{1:k=D:2,4294967295;}");
    CHECK(fields.find("k")->as_decimal() == decimal{2, -1}); // as the errata say
}

TEST_CASE("both read 'L' as a signed number; RabbitMQ sends it on as 'l', we leave it") {
    const auto bytes = with_key("L"s + std::string(8, '\xff'));
    CHECK(judged(bytes).text == "{1:k=l:-1;}");
    CHECK(judged(bytes).bytes == with_key("l"s + std::string(8, '\xff')));
    CHECK(ours(bytes) == "{1:k=L:-1;}");
}

TEST_CASE("both read any octet but 0 as true; RabbitMQ sends it on as 1, we leave it") {
    CHECK(judged(with_key("t\x02")).text == "{1:k=t:1;}");
    CHECK(judged(with_key("t\x02")).bytes == with_key("t\x01"));
    CHECK(ours(with_key("t\x02")) == "{1:k=t:1;}");
}

TEST_CASE("RabbitMQ refuses NaN and infinity; we pass them through and never make them") {
    for (const auto& number : {"d\x7f\xf8\0\0\0\0\0\0"s, "d\x7f\xf0\0\0\0\0\0\0"s,
                               "d\xff\xf0\0\0\0\0\0\0"s, "f\x7f\xc0\0\0"s, "f\xff\x80\0\0"s}) {
        CHECK(refused(judged(with_key(number)).text));
        CHECK_FALSE(refused(ours(with_key(number))));
    }
    CHECK_THROWS_AS(table_value{std::numeric_limits<double>::quiet_NaN()}, std::system_error);
    CHECK_THROWS_AS(table_value{std::numeric_limits<float>::infinity()}, std::system_error);
}

TEST_CASE("RabbitMQ nests without bound; we stop at an option") {
    std::string nested;
    for (int depth = 0; depth < 40; ++depth) {
        std::string outer(5, 'A');
        wire::store(outer.data() + 1, static_cast<std::uint32_t>(nested.size()));
        nested = outer + nested;
    }
    CHECK_FALSE(refused(judged(with_key(nested)).text));
    CHECK(ours(with_key(nested)) == "refused: " + make_error_code(errc::table_too_deep).message());
}

TEST_CASE("RabbitMQ demands UTF-8 of short strings that a client sends, but of no routing key") {
    const auto ask = [](const spec::any_method& method) {
        return shared_rabbitmq_judge().ask('M', encoded(method)).text;
    };
    CHECK(refused(ask(spec::queue::declare{.queue = "\xff"})));
    CHECK(refused(ask(spec::basic::consume{.consumer_tag = "\xc3"})));
    CHECK(ask(spec::basic::publish{.routing_key = "\xff"}) ==
          "basic.publish exchange=0: routing_key=1:\\xff mandatory=0 immediate=0");
}

TEST_CASE("neither reads a kind that does not exist, nor a table that ends too early") {
    for (char kind = '\x01'; kind < '\x7f'; ++kind) {
        CAPTURE(kind);
        // Eight zeros are enough for any kind, and what remains of them is no field.
        const auto bytes = with_key(std::string(1, kind) + std::string(8, '\0'));
        const auto known =
            std::string_view{"tbBsuIilLfdDSxAFTV"}.find(kind) != std::string_view::npos;
        if (!known) {
            CHECK(refused(judged(bytes).text));
            CHECK(refused(ours(bytes)));
        }
    }
    const std::string whole = with_key("F\0\0\0\x0e\x01"
                                       "aA\0\0\0\x07"
                                       "b\x01s\0\x02t\x01"s);
    REQUIRE_FALSE(refused(ours(whole)));
    REQUIRE(judged(whole).text == ours(whole));
    for (std::size_t size = 1; size < whole.size(); ++size) {
        CHECK(refused(judged(whole.substr(0, size)).text));
        CHECK(refused(ours(whole.substr(0, size))));
    }
}

TEST_CASE("RabbitMQ takes unknown property flags for nothing and refuses what follows the last") {
    const auto ask = [](const std::string& bytes) {
        return shared_rabbitmq_judge().ask('P', bytes).text;
    };
    CHECK(ask("\x80\x00\x01x"s) == " content_type=1:x");
    CHECK(ask("\x80\x02\x01x"s) == " content_type=1:x");
    CHECK(refused(ask("\x80\x00\x01xy"s)));    // padding: we skip it
    CHECK(refused(ask("\x80\x01\0\0\x01x"s))); // a second word of flags: we skip it
    CHECK(canonical(decoded_properties("\x80\x01\0\0\x01x"s)) == " content_type=1:x");
}

TEST_SUITE_END();
