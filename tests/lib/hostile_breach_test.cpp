#include <doctest/doctest.h>

#include "hostile.hpp"

/// Servers that were honest until now: each breach of the protocol ends in the error that it
/// deserves, told with the reply code that it deserves.
/// *Source*: AMQP 0-9-1, 2.2.4, 4.2.3 and the constants' descriptions.
using namespace taskwire;
using namespace taskwire::test;
using namespace std::string_literals;
namespace c = spec::connection;
namespace ch = spec::channel;
namespace b = spec::basic;

namespace {

/// A frame of header_size_max, the buffer that grew to hold it, and the buffer before.
constexpr std::size_t breach_memory_max = 4 << 20;

struct breach {
    const char* name;
    std::string bytes;
    int told; ///< the code in our connection.close; 0: the socket closes without a word
    errc expected;
};

std::string begun() {
    return method(1, b::deliver{"c", 1, false, "", "jobs"});
}

std::string head(unsigned type, const char* size) {
    return std::string(1, static_cast<char>(type)) + "\0\1"s + std::string(size, 4);
}

std::string with_headers(std::string_view fields) {
    return begun() + header(1, 0, {.headers = table_view::of_validated(fields)});
}

std::vector<breach> broken_frames() {
    std::vector<breach> all{
        {"a method of 4 GiB", head(1, "\xff\xff\xff\xff"), 501, errc::frame_too_large},
        {"a header of 4 GiB", begun() + head(2, "\xff\xff\xff\xff"), 501, errc::frame_too_large},
        {"a body of 4 GiB", begun() + header(1, 5) + head(3, "\xff\xff\xff\xff"), 501,
         errc::frame_too_large},
        {"a heartbeat of 4 GiB", head(8, "\xff\xff\xff\xff"), 501, errc::frame_too_large},
        {"a body of frame_max + 1", head(3, "\x00\x02\x00\x01"), 501, errc::frame_too_large},
        {"a header of 1 MiB + 1", head(2, "\x00\x10\x00\x01"), 501, errc::frame_too_large},
        {"a wrong frame end", "\x08\0\0\0\0\0\0\x00"s, 0, errc::bad_frame_end},
        {"a frame end one byte late", "\x08\0\0\0\0\0\1\xce\xcd"s, 0, errc::bad_frame_end},
        {"a protocol header", "AMQP\x00\x00\x09\x01"s, 0, errc::unknown_frame_type},
    };
    for (const char type : "\x00\x04\x05\x06\x07\x09\xff"s)
        all.push_back(
            {"an unknown frame type", type + "\0\0\0\0\0\0\xce"s, 0, errc::unknown_frame_type});
    return all;
}

std::vector<breach> broken_content() {
    return {
        {"26,000 nested arrays", with_headers(nested_arrays(26'000)), 502, errc::malformed_header},
        {"26,000 nested tables", with_headers(nested_tables(26'000)), 502, errc::malformed_header},
        {"a field of unknown kind", with_headers("\x01kZ"), 502, errc::malformed_header},
        {"a string of 4 GiB", with_headers("\x01kS\xff\xff\xff\xff"), 502, errc::malformed_header},
        {"a table of 4 GiB", begun() + raw_header(1, 60, 0, 0, "\x20\x00\xff\xff\xff\xff"s), 502,
         errc::malformed_header},
        {"flags without properties", begun() + raw_header(1, 60, 0, 0, "\xff\xfe"), 502,
         errc::malformed_header},
        {"flags that go on for ever", begun() + raw_header(1, 60, 0, 0, std::string(1'000, '\x01')),
         502, errc::malformed_header},
        {"a cut header", begun() + raw_frame(2, 1, "\x00\x3c\x00"s), 501, errc::malformed_header},
        {"a weight", begun() + raw_header(1, 60, 1, 0, "\0\0"s), 505, errc::malformed_header},
        {"another class", begun() + raw_header(1, 50, 0, 0, "\0\0"s), 501, errc::malformed_header},
        {"a second header", begun() + header(1, 5) + header(1, 5), 505, errc::malformed_header},
        {"a body first", begun() + body(1, "x"), 505, errc::unexpected_frame},
        {"a body too long", begun() + header(1, 2) + body(1, "abc"), 501, errc::body_overrun},
        {"a body too long, later", begun() + header(1, 3) + body(1, "ab") + body(1, "cd"), 501,
         errc::body_overrun},
        {"a header for nothing", header(1, 1), 505, errc::unexpected_frame},
        {"a body for nothing", body(1, "x"), 505, errc::unexpected_frame},
        {"a delivery inside one", begun() + begun(), 505, errc::unexpected_frame},
        {"a method inside one", begun() + header(1, 2) + method(1, ch::flow{false}), 505,
         errc::unexpected_frame},
        {"content on channel 0", header(0, 1), 504, errc::unknown_channel},
        {"content on channel 9", body(9, "x"), 504, errc::unknown_channel},
        {"a heartbeat on channel 1", raw_frame(8, 1, ""), 503, errc::unexpected_frame},
        {"a heartbeat with a payload", raw_frame(8, 0, "x"), 501, errc::unexpected_frame},
    };
}

std::vector<breach> broken_methods() {
    return {
        {"start again", method(0, c::start{}), 503, errc::unexpected_method},
        {"tune again", method(0, c::tune{}), 503, errc::unexpected_method},
        {"open-ok again", method(0, c::open_ok{}), 503, errc::unexpected_method},
        {"close-ok unasked", method(0, c::close_ok{}), 503, errc::unexpected_method},
        {"update-secret-ok unasked", method(0, c::update_secret_ok{}), 503,
         errc::unexpected_method},
        {"a channel's method on channel 0", method(0, ch::flow{true}), 504, errc::unknown_channel},
        {"a connection's method on channel 1", method(1, c::blocked{"x"}), 503,
         errc::unexpected_method},
        {"channel.open-ok again", method(1, ch::open_ok{}), 503, errc::unexpected_method},
        {"channel.close-ok unasked", method(1, ch::close_ok{}), 503, errc::unexpected_method},
        {"channel.flow-ok unasked", method(1, ch::flow_ok{}), 503, errc::unexpected_method},
        {"a method on channel 3", method(3, ch::flow{true}), 504, errc::unknown_channel},
        {"a method on channel 65535", method(65'535, ch::close{}), 504, errc::unknown_channel},
        {"a reply nobody waits for", method(1, spec::queue::declare_ok{"q", 1, 1}), 503,
         errc::unexpected_method},
        {"a consume-ok nobody waits for", method(1, b::consume_ok{"d"}), 503,
         errc::unexpected_method},
        {"a message nobody got", message(1, b::get_ok{7, false, "", "q", 0}, "x"), 503,
         errc::unexpected_method},
        {"a client's method", method(1, spec::queue::declare{.queue = "q"}), 503,
         errc::unexpected_method},
        {"a client's message", message(1, b::publish{}, "x"), 503, errc::unexpected_method},
        {"an unknown method", raw_method(1, {60, 999}, ""), 503, errc::unknown_method},
        {"an unknown class", raw_method(1, {65'535, 65'535}, ""), 503, errc::unknown_method},
        {"an empty method frame", raw_frame(1, 1, ""), 501, errc::malformed_method},
        {"a cut ack", raw_method(2, b::ack::id, "\0\0\0"s), 502, errc::malformed_method},
        {"an ack and more", raw_method(2, b::ack::id, std::string(10, '\0')), 502,
         errc::malformed_method},
        {"a cut deliver",
         raw_method(1, b::deliver::id,
                    "\xff"
                    "c") +
             header(1, 0),
         502, errc::malformed_method},
    };
}

void judge(const breach& each) {
    CAPTURE(each.name);
    trusting with;
    auto ended = with.near.wait_closed(use_future);
    auto next = with.from.next(use_future);
    auto publishing = with.to.publish({.routing_key = "q"}, {}, "lost", use_future);
    with.far.expect_message();
    const peak_growth memory;
    const auto begin = std::chrono::steady_clock::now();
    with.far.send_bytes(each.bytes);
    if (each.told != 0) {
        CHECK(with.far.expect<c::close>()->reply_code == each.told);
        with.far.send(0, c::close_ok{});
    }
    with.far.expect_eof();
    const auto why = take(std::move(ended));
    CHECK(why.code == each.expected);
    CHECK(!why.by_peer);
    CHECK(failure_of(std::move(next)).code() == each.expected);
    CHECK(take(std::move(publishing)).what() == publish_outcome::kind::unknown);
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
    CHECK(memory.bytes() < breach_memory_max);
    CHECK(with.client.ended());
}

} // namespace

TEST_SUITE("hostile-breach") {
    TEST_CASE("frames that are none") {
        for (const auto& each : broken_frames())
            judge(each);
    }

    TEST_CASE("content that is none") {
        for (const auto& each : broken_content())
            judge(each);
    }

    TEST_CASE("methods that are none, or not now, or not from a server") {
        for (const auto& each : broken_methods())
            judge(each);
    }

    TEST_CASE("a body of 2^62 bytes costs its channel, not the connection, and no memory") {
        std::uint64_t size = 0;
        SUBCASE("2^62") {
            size = std::uint64_t{1} << 62U;
        }
        SUBCASE("2^64 - 1") {
            size = ~std::uint64_t{0};
        }
        SUBCASE("one above message_size_max") {
            size = (std::uint64_t{128} << 20U) + 1;
        }
        trusting with;
        auto next = with.from.next(use_future);
        const peak_growth memory;
        with.far.send_bytes(begun() + header(1, size) + body(1, "it begins"));
        CHECK(with.far.expect<ch::close>()->reply_code == 311);
        CHECK(failure_of(std::move(next)).code() == errc::message_too_large);
        with.far.send_bytes(body(1, "it goes on"));
        with.far.send(1, ch::close_ok{});
        with.expect_healthy();
        CHECK(memory.bytes() < breach_memory_max);
    }

    TEST_CASE("a body that is only announced costs nothing until it comes") {
        trusting with;
        auto next = with.from.next(use_future);
        const peak_growth memory;
        with.far.send_bytes(begun() + header(1, 128 << 20U) + body(1, "it begins"));
        with.expect_healthy();
        CHECK(!is_ready(next));
        CHECK(memory.bytes() < breach_memory_max);
    }

    TEST_CASE("confirms of tags that were never issued change nothing") {
        trusting with;
        for (int i = 0; i < 1'000; ++i)
            for (const std::uint64_t tag : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{77},
                                            std::uint64_t{1} << 63U, ~std::uint64_t{0}})
                for (const bool multiple : {false, true})
                    with.far.send_bytes(method(2, b::ack{tag, multiple}) +
                                        method(2, b::nack{tag, multiple, false}) +
                                        method(1, b::ack{tag, multiple}));
        with.expect_healthy(1);
        with.far.send(2, b::ack{1, false});
        with.far.send(2, b::nack{1, true, true});
        with.expect_healthy(2);
    }

    TEST_CASE("returns of messages that were never published change nothing") {
        trusting with;
        for (const std::int64_t number :
             {std::int64_t{-1}, std::int64_t{0}, std::int64_t{99}, std::int64_t{1} << 62U}) {
            const table headers{{"taskwire-sequence", number}};
            with.far.send_bytes(
                message(2, b::return_{312, "NO_ROUTE", "", "q"}, "x", {.headers = headers}));
        }
        with.far.send_bytes(message(2, b::return_{312, "NO_ROUTE", "", "q"}, "x"));
        with.expect_healthy();
    }

    TEST_CASE("deliveries of consumers that were never there go back, and nobody sees them") {
        trusting with;
        auto next = with.from.next(use_future);
        with.far.send_bytes(delivery_of(7, "x", "nobody") + delivery_of(8, "mine"));
        CHECK(with.far.expect<b::nack>()->delivery_tag == 7);
        CHECK(take(std::move(next)).body() == "mine");
        with.expect_healthy();
    }

    TEST_CASE("delivery tags that repeat, fall or are 0 are acknowledged once at most") {
        trusting with{{.prefetch_count = 10}};
        with.far.send_bytes(delivery_of(5, "a") + delivery_of(5, "b") + delivery_of(4, "c") +
                            delivery_of(0, "d") + delivery_of(~std::uint64_t{0}, "e") +
                            delivery_of(6, "f"));
        std::string sent;
        for (int i = 0; i < 6; ++i) {
            const auto task = take(with.from.next(use_future));
            if (take(with.from.ack(task, use_future)) == settle_result::sent)
                sent += task.body();
        }
        CHECK(sent == "ae");
        CHECK(with.far.expect<b::ack>()->delivery_tag == 5);
        CHECK(with.far.expect<b::ack>()->delivery_tag == ~std::uint64_t{0});
        with.expect_healthy();
    }

    TEST_CASE("a close text that drives terminals is handed on as it is, for tools to clean") {
        trusting with;
        auto ended = with.near.wait_closed(use_future);
        const auto rude = "\x1b]0;owned\x07\x1b[2J\r\n"s;
        with.far.send(0, c::close{320, rude, 0, 0});
        CHECK(take(std::move(ended)).text == rude);
        with.far.expect<c::close_ok>();
    }
}
