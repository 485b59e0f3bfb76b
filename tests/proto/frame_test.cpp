#include <taskwire/frame.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace std::string_view_literals;
using taskwire::errc;
using taskwire::frame_limits;
using taskwire::frame_type;
using taskwire::scan_frame;

namespace {

constexpr frame_limits limits{.body_payload_max = 100, .other_payload_max = 1000};

/// A body frame on channel 0x0102 with the payload "hello".
constexpr auto hello = "\x03\x01\x02\x00\x00\x00\x05hello\xce"sv;

} // namespace

TEST_CASE("a frame is read from literal bytes") {
    const auto scan = scan_frame(hello, limits);
    REQUIRE(scan.complete);
    CHECK_FALSE(scan.fault);
    CHECK(scan.size == 13);
    CHECK(scan.found.type == frame_type::body);
    CHECK(scan.found.channel == 0x0102);
    CHECK(scan.found.payload == "hello");
}

TEST_CASE("a heartbeat has no payload") {
    const auto scan = scan_frame("\x08\x00\x00\x00\x00\x00\x00\xce\x01"sv, limits);
    REQUIRE(scan.complete);
    CHECK(scan.size == 8);
    CHECK(scan.found.type == frame_type::heartbeat);
    CHECK(scan.found.payload.empty());
}

TEST_CASE("a frame cut at any byte waits for more") {
    for (std::size_t size = 0; size < hello.size(); ++size) {
        CAPTURE(size);
        const std::vector<char> exact(hello.begin(),
                                      hello.begin() + static_cast<std::ptrdiff_t>(size));
        const auto scan = scan_frame({exact.data(), exact.size()}, limits);
        CHECK_FALSE(scan.fault);
        CHECK_FALSE(scan.complete);
        CHECK(scan.size == (size < 7 ? 0 : 13));
    }
}

TEST_CASE("sizes are checked before anything waits for the payload") {
    CHECK(scan_frame("\x03\x00\x01\x00\x00\x00\x64"sv, limits).fault == std::error_code{});
    CHECK(scan_frame("\x03\x00\x01\x00\x00\x00\x65"sv, limits).fault == errc::frame_too_large);
    CHECK(scan_frame("\x03\x00\x01\xff\xff\xff\xff"sv, limits).fault == errc::frame_too_large);
    for (const auto type : {"\x01"sv, "\x02"sv, "\x08"sv}) {
        CAPTURE(type);
        CHECK_FALSE(
            scan_frame(std::string{type}.append("\x00\x01\x00\x00\x03\xe8"sv), limits).fault);
        CHECK(scan_frame(std::string{type}.append("\x00\x01\x00\x00\x03\xe9"sv), limits).fault ==
              errc::frame_too_large);
    }
}

TEST_CASE("the largest size does not overflow") {
    const frame_limits none{.body_payload_max = 0xffff'ffff, .other_payload_max = 0xffff'ffff};
    const auto scan = scan_frame("\x03\x00\x01\xff\xff\xff\xff"sv, none);
    CHECK_FALSE(scan.fault);
    CHECK_FALSE(scan.complete);
    CHECK(scan.size == 0x1'0000'0007U);
}

TEST_CASE("a wrong frame end is a fault") {
    for (int end = 0; end < 256; ++end) {
        auto bytes = std::string{hello};
        bytes.back() = static_cast<char>(end);
        const auto scan = scan_frame(bytes, limits);
        CHECK(scan.complete == (end == 0xce));
        CHECK((scan.fault == errc::bad_frame_end) == (end != 0xce));
    }
}

TEST_CASE("an unknown type is a fault with its first byte") {
    for (int type = 0; type < 256; ++type) {
        const char byte = static_cast<char>(type);
        const bool known = type == 1 || type == 2 || type == 3 || type == 8;
        CAPTURE(type);
        CHECK((scan_frame({&byte, 1}, limits).fault == errc::unknown_frame_type) == !known);
    }
}

TEST_CASE("a frame is written as literal bytes") {
    std::string bytes(8, '?');
    auto* end = taskwire::store_frame_end(
        taskwire::store_frame_head(bytes.data(), frame_type::header, 0x0a0b, 0x01020304));
    CHECK(end == bytes.data() + 8);
    CHECK(bytes == "\x02\x0a\x0b\x01\x02\x03\x04\xce"sv);
}

TEST_CASE("the protocol header is that of 0-9-1") {
    CHECK(taskwire::protocol_header == "AMQP\x00\x00\x09\x01"sv);
}

TEST_CASE("a content header's fixed part is read from literal bytes") {
    taskwire::content_header header;
    const auto payload = "\x00\x3c\x00\x07\x01\x02\x03\x04\x05\x06\x07\x08\x80\x00\x01x"sv;
    REQUIRE(taskwire::parse_content_header(payload, header));
    CHECK(header.class_id == 60);
    CHECK(header.weight == 7);
    CHECK(header.body_size == 0x0102030405060708U);
    CHECK(header.property_list == "\x80\x00\x01x"sv);
    for (std::size_t size = 0; size < 14; ++size)
        CHECK_FALSE(taskwire::parse_content_header(payload.substr(0, size), header));
    CHECK(taskwire::parse_content_header(payload.substr(0, 14), header));
}
