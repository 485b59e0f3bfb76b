#include <taskwire/spec.gen.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::string_literals;
using namespace std::string_view_literals;
using taskwire::errc;
using taskwire::spec::basic::properties;
namespace wire = taskwire::wire;

namespace {

std::string encoded(const properties& value) {
    const auto size = wire::measure(value);
    REQUIRE(size.fault == errc{});
    std::string bytes(2 + size.size, '?');
    const auto* end = wire::encode_properties(bytes.data(), value);
    REQUIRE(end == bytes.data() + bytes.size());
    return bytes;
}

properties decoded(std::string_view bytes) {
    properties value;
    wire::reader in{bytes};
    REQUIRE(wire::decode_properties(in, value));
    return value;
}

constexpr auto all_thirteen = "\xff\xf8"
                              "\x02"
                              "ct"
                              "\x02"
                              "ce"
                              "\x00\x00\x00\x04\x01ht\x01"
                              "\x02"
                              "\x09"
                              "\x02"
                              "ci"
                              "\x02rt"
                              "\x02"
                              "ex"
                              "\x02mi"
                              "\x01\x02\x03\x04\x05\x06\x07\x08"
                              "\x02ty"
                              "\x02ui"
                              "\x02"
                              "ai"sv;

} // namespace

TEST_CASE("all thirteen properties in literal bytes") {
    const taskwire::table headers{{"h", true}};
    const properties all{.content_type = "ct",
                         .content_encoding = "ce",
                         .headers = headers,
                         .delivery_mode = std::uint8_t{2},
                         .priority = std::uint8_t{9},
                         .correlation_id = "ci",
                         .reply_to = "rt",
                         .expiration = "ex",
                         .message_id = "mi",
                         .timestamp = 0x0102030405060708U,
                         .type = "ty",
                         .user_id = "ui",
                         .app_id = "ai"};
    CHECK(encoded(all) == all_thirteen);
    CHECK(decoded(all_thirteen) == all);
}

TEST_CASE("each property has the spec's flag") {
    const auto check = [](const properties& value, std::string_view bytes) {
        CHECK(encoded(value) == bytes);
        CHECK(decoded(bytes) == value);
    };
    check({}, "\0\0"sv);
    check({.content_type = "x"}, "\x80\0\x01x"sv);
    check({.content_encoding = "x"}, "\x40\0\x01x"sv);
    check({.headers = taskwire::table_view{}}, "\x20\0\0\0\0\0"sv);
    check({.delivery_mode = std::uint8_t{1}}, "\x10\0\x01"sv);
    check({.priority = std::uint8_t{0}}, "\x08\0\0"sv);
    check({.correlation_id = "x"}, "\x04\0\x01x"sv);
    check({.reply_to = "x"}, "\x02\0\x01x"sv);
    check({.expiration = "x"}, "\x01\0\x01x"sv);
    check({.message_id = "x"}, "\0\x80\x01x"sv);
    check({.timestamp = 0U}, "\0\x40\0\0\0\0\0\0\0\0"sv);
    check({.type = "x"}, "\0\x20\x01x"sv);
    check({.user_id = "x"}, "\0\x10\x01x"sv);
    check({.app_id = ""}, "\0\x08\0"sv);
}

TEST_CASE("the reserved fourteenth property is skipped") {
    CHECK(decoded("\0\x0c\x02"
                  "ai\x02xx"sv)
              .app_id == "ai");
}

TEST_CASE("a property list cut at any byte is refused") {
    for (std::size_t size = 0; size < all_thirteen.size(); ++size) {
        CAPTURE(size);
        const std::vector<char> exact(all_thirteen.begin(),
                                      all_thirteen.begin() + static_cast<std::ptrdiff_t>(size));
        properties value;
        wire::reader in{std::string_view{exact.data(), exact.size()}};
        CHECK_FALSE(wire::decode_properties(in, value));
    }
}

TEST_CASE("padding behind a property list is ignored") {
    CHECK(decoded("\x80\0\x01x\0\0\0junk"sv) == properties{.content_type = "x"});
}

TEST_CASE("continuation flags are honoured") {
    CHECK(decoded("\x80\x01\0\0\x01x"sv) == properties{.content_type = "x"});
    CHECK(decoded("\x80\x01\0\x01\0\x01\0\0\x01x"sv) == properties{.content_type = "x"});
    properties value;
    wire::reader endless{"\0\x01\0\x01\0\x01"sv};
    CHECK_FALSE(wire::decode_properties(endless, value));
}

TEST_CASE("a property that is too long is refused before it is sent") {
    const std::string longer(256, 'x');
    const auto size = wire::measure(properties{.content_type = "ok", .expiration = longer});
    CHECK(size.fault == errc::string_too_long);
    CHECK(size.culprit == "expiration");
}
