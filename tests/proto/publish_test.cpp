#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <support/script.hpp>

using namespace std::string_literals;
using namespace taskwire;
using namespace taskwire::test;

namespace {

const proto::channel_id one{1, 1};

script open_channel(std::uint32_t frame_max = 131072) {
    script talk;
    talk.handshake({2047, frame_max, 60}).channel();
    return talk;
}

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>(i * 7 + i / 251);
    return bytes;
}

std::string output_of(world& w) {
    std::string bytes;
    for (const auto piece : w.machine.output())
        bytes.append(piece);
    return bytes;
}

enum class given { copied, moved, lent };

/// The bytes that a publish of `body` to queue "q" puts on the wire. Of one that is lent half is
/// sent before it is kept.
std::string written(std::uint32_t frame_max, const std::string& body, given how) {
    world w{{}};
    w.receive(server_start() + method(0, spec::connection::tune{2047, frame_max, 60}) +
              method(0, spec::connection::open_ok{}));
    w.open();
    w.drain();
    w.receive(method(1, spec::channel::open_ok{}));
    const spec::basic::publish to{.routing_key = "q"};
    std::string mine{body};
    const auto result = how == given::moved ? w.machine.publish(one, to, {}, std::string{body})
                        : how == given::lent
                            ? w.machine.publish(one, to, {}, proto::lent_body{mine})
                            : w.machine.publish(one, to, {}, std::string_view{mine});
    CHECK_FALSE(result.error);
    CHECK(result.sequence == 0);
    std::string bytes;
    if (how == given::lent) {
        bytes = output_of(w).substr(0, w.machine.queued_bytes() / 2);
        w.machine.sent(bytes.size(), w.now);
        w.machine.keep_lent();
    }
    mine.assign(mine.size(), '!');
    const auto rest = output_of(w);
    CHECK(w.machine.queued_bytes() == rest.size());
    return bytes + rest;
}

/// The same, put together by hand.
std::string expected(std::size_t payload_max, const std::string& body) {
    auto bytes = raw_frame(1, 1, "\0\x3c\0\x28\0\0\0\x01q\0"s);
    std::string size(8, '\0');
    for (std::size_t i = 0; i < 8; ++i)
        size[7 - i] = static_cast<char>((body.size() >> (8 * i)) & 0xffU);
    bytes += raw_frame(2, 1, "\0\x3c\0\0"s + size + "\0\0"s);
    for (std::size_t at = 0; at < body.size(); at += payload_max)
        bytes += raw_frame(3, 1, body.substr(at, payload_max));
    return bytes;
}

} // namespace

TEST_CASE("a publish in literal bytes") {
    CHECK(written(131072, "hello", given::copied) ==
          "\x01\0\x01\0\0\0\x0a\0\x3c\0\x28\0\0\0\x01q\0\xce"
          "\x02\0\x01\0\0\0\x0e\0\x3c\0\0\0\0\0\0\0\0\0\x05\0\0"
          "\xce\x03\0\x01\0\0\0\x05hello\xce"s);
    CHECK(written(131072, "", given::copied) ==
          "\x01\0\x01\0\0\0\x0a\0\x3c\0\x28\0\0\0\x01q\0\xce"
          "\x02\0\x01\0\0\0\x0e\0\x3c\0\0\0\0\0\0\0\0\0\0\0\0\xce"s);
}

TEST_CASE("a body is cut into frames of the negotiated size, copied, moved or lent") {
    for (const std::uint32_t frame_max : {4096U, 8192U, 131072U})
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{1}, std::size_t{frame_max - 9},
              std::size_t{frame_max - 8}, std::size_t{frame_max - 7}, std::size_t{frame_max},
              std::size_t{2 * (frame_max - 8)}, std::size_t{3 * frame_max}, std::size_t{16383},
              std::size_t{16384}}) {
            CAPTURE(frame_max);
            CAPTURE(size);
            const auto body = pattern(size);
            const auto by_hand = expected(frame_max - 8, body);
            // No CHECK on strings of this size: a failure would print them.
            for (const auto how : {given::copied, given::moved, given::lent})
                CHECK((written(frame_max, body, how) == by_hand));
        }
}

TEST_CASE("without a limit of the server's a body still goes out in frames") {
    const auto body = pattern(200'000);
    proto::connection_options options;
    options.frame_max = 0;
    world w{options};
    w.receive(server_start() + method(0, spec::connection::tune{0, 0, 0}) +
              method(0, spec::connection::open_ok{}));
    w.open();
    w.drain();
    w.machine.publish(one, {.routing_key = "q"}, {}, std::string{body});
    CHECK((output_of(w) == expected(128 * 1024, body)));
}

TEST_CASE("method, header and body leave together, whatever else is written") {
    open_channel(4096)
        .channel(2, 2, 2)
        .client([](world& w) {
            w.publish(one, {.exchange = "e", .routing_key = "k", .mandatory = true},
                      std::string(5000, 'x'), {.delivery_mode = std::uint8_t{2}});
            w.request({2, 2}, spec::basic::qos{});
            w.publish({2, 2}, {.routing_key = "q"}, "");
        })
        .expect("1 basic.publish exchange=e routing_key=k mandatory")
        .expect("1 header size=5000 delivery_mode=2")
        .expect("1 body of 4088")
        .expect("1 body of 912")
        .expect("2 basic.qos")
        .expect("2 basic.publish routing_key=q")
        .expect("2 header size=0")
        .replay();
}

TEST_CASE("what cannot be published is refused and leaves no trace") {
    open_channel(4096)
        .client([](world& w) {
            CHECK(w.publish(one, {.routing_key = std::string(256, 'k')}, "x").error ==
                  errc::string_too_long);
            CHECK(w.publish(one, {.exchange = "a\rb"}, "x").error == errc::name_refused);
            const std::string longer(256, 'x');
            CHECK(w.publish(one, {}, "x", {.reply_to = longer}).error == errc::string_too_long);
            CHECK(w.publish({1, 2}, {}, "x").error == errc::channel_closed);
            CHECK(w.publish({0, 0}, {}, "x").error == errc::channel_closed);
            CHECK(w.publish({2, 2}, {}, "x").error == errc::channel_closed);
        })
        .replay();
}

TEST_CASE("a header must fit one frame") {
    // 4088 bytes of payload: 12 fixed, 2 of flags, 4 + 1 + 1 + 1 + 4 around the text.
    const std::string fits(4088 - 25, 'x');
    const table most{{"k", fits}};
    const table more{{"k", fits + "x"}};
    open_channel(4096)
        .client([&](world& w) {
            CHECK_FALSE(w.publish(one, {.routing_key = "q"}, "", {.headers = most}).error);
            CHECK(w.publish(one, {.routing_key = "q"}, "", {.headers = more}).error ==
                  errc::header_exceeds_frame_max);
        })
        .expect("1 basic.publish routing_key=q")
        .expect("1 header size=0 headers=...")
        .replay();
}

TEST_CASE("a refused publish takes no sequence number") {
    const table large{{"k", std::string(4096, 'x')}};
    script{}
        .handshake({2047, 4096, 60})
        .confirming()
        .client([&](world& w) {
            CHECK(w.publish(one, {.routing_key = "q"}, "").sequence == 1);
            const auto refused = w.publish(one, {.routing_key = "q"}, "", {.headers = large});
            CHECK(refused.error == errc::header_exceeds_frame_max);
            CHECK(refused.sequence == 0);
            const std::string longer(256, 'x');
            CHECK(w.publish(one, {.routing_key = longer}, "").error == errc::string_too_long);
            CHECK(w.publish(one, {}, "", {.reply_to = longer}).error == errc::string_too_long);
            CHECK(w.machine.unconfirmed_count(one) == 1);
            CHECK(w.publish(one, {.routing_key = "q"}, "").sequence == 2);
        })
        .expect("1 basic.publish routing_key=q")
        .expect("1 header size=0")
        .expect("1 basic.publish routing_key=q")
        .expect("1 header size=0")
        .replay();
}

TEST_CASE("a body that is refused stays with its owner") {
    world w{{}};
    std::string body(20'000, 'b');
    CHECK(w.machine.publish(one, {}, {}, std::move(body)).error == errc::channel_closed);
    CHECK(body.size() == 20'000); // NOLINT(bugprone-use-after-move): what is tested
}
