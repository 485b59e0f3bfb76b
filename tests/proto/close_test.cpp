#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <support/script.hpp>

using namespace std::chrono_literals;
using namespace taskwire;
using namespace taskwire::test;

namespace {

const proto::channel_id one{1, 1};

script open_channel() {
    script talk;
    talk.handshake().channel();
    return talk;
}

constexpr auto bye = "0 connection.close reply_code=200 reply_text=bye";

} // namespace

TEST_CASE("a connection that its owner closes") {
    open_channel()
        .client([](world& w) {
            w.request(one, spec::basic::qos{});
            w.close();
            w.close();
        })
        .expect("1 basic.qos")
        .expect(bye)
        .event("failed 1.1 #2 the connection is closed")
        .event("channel_closed 1.1 the connection is closed")
        .server(method(0, spec::connection::close_ok{}))
        .event("closed none")
        .replay();
}

TEST_CASE("while closing all but close and close-ok is discarded, and nothing is sent") {
    open_channel()
        .client([](world& w) { w.close(); })
        .expect(bye)
        .event("channel_closed 1.1 the connection is closed")
        .server(message(1, spec::basic::deliver{"c", 1, false, "", "q"}, "hello"))
        .server(method(1, spec::channel::close{404, "x", 0, 0}))
        .server(method(1, spec::basic::ack{1, true}) + method(1, spec::channel::flow{false}))
        .server(method(0, spec::connection::blocked{"memory"}) + heartbeat())
        .server(method(0, spec::connection::open_ok{}) + raw_method(0, {10, 99}, "?"))
        .server(method(5, spec::channel::open_ok{}) + body(9, "stray"))
        .client([](world& w) {
            CHECK(w.open() == proto::channel_id{});
            CHECK(w.publish(one, {}, "x").error == errc::channel_closed);
            CHECK(w.send(one, spec::basic::ack{1}) == errc::stale_delivery);
            w.close_channel(one);
        })
        .event("failed 0.0 #2 the connection is closed")
        .server(method(0, spec::connection::close_ok{}))
        .event("closed none")
        .replay();
}

TEST_CASE("a connection that the server closes") {
    open_channel()
        .channel(2, 2, 2)
        .client([](world& w) { w.request(one, spec::basic::qos{}); })
        .expect("1 basic.qos")
        .server(method(0, spec::connection::close{320, "CONNECTION_FORCED - bye", 0, 0}))
        .expect("0 connection.close-ok")
        .event("failed 1.1 #3 CONNECTION_FORCED (320)")
        .event("channel_closed 1.1 CONNECTION_FORCED (320) 'CONNECTION_FORCED - bye' by peer")
        .event("channel_closed 2.2 CONNECTION_FORCED (320) 'CONNECTION_FORCED - bye' by peer")
        .event("closed CONNECTION_FORCED (320) 'CONNECTION_FORCED - bye' by peer")
        .server(method(0, spec::connection::close{320, "again", 0, 0})) // nobody listens any more
        .replay();
}

TEST_CASE("the reason names the method that the server blames") {
    script{}
        .handshake()
        .server(method(0, spec::connection::close{504, "CHANNEL_ERROR", 60, 40}))
        .expect("0 connection.close-ok")
        .event("closed CHANNEL_ERROR (504) 'CHANNEL_ERROR' by peer for 60,40")
        .replay();
}

TEST_CASE("closes of a connection that cross: theirs is answered, our close-ok ends it") {
    open_channel()
        .client([](world& w) { w.close(); })
        .expect(bye)
        .event("channel_closed 1.1 the connection is closed")
        .server(method(0, spec::connection::close{320, "shutdown", 0, 0}))
        .expect("0 connection.close-ok")
        .server(method(0, spec::connection::close_ok{}))
        .event("closed none")
        .replay();
}

TEST_CASE("a close that the server does not answer ends by its deadline") {
    open_channel()
        .client([](world& w) { w.close(); })
        .expect(bye)
        .event("channel_closed 1.1 the connection is closed")
        .pass(4999ms)
        .pass(1ms)
        .event("closed the broker did not answer the close in time 'the broker did not answer "
               "connection.close'")
        .replay();
}

TEST_CASE("a server that drops the connection instead of answering the close is gone too") {
    script{}
        .handshake()
        .client([](world& w) { w.close(); })
        .expect(bye)
        .client([](world& w) { w.lose(); })
        .event("closed none")
        .replay();
}

TEST_CASE("a violation keeps its reason when the server does not answer the close") {
    script{}
        .handshake()
        .server(method(3, spec::basic::qos_ok{}))
        .expect("0 connection.close reply_code=504 ...")
        .pass(5s)
        .event("closed a frame is for a channel that is not open 'basic.qos-ok on channel 3' for "
               "60,11")
        .replay();
}

TEST_CASE("blocked and unblocked") {
    script{}
        .handshake()
        .server(method(0, spec::connection::blocked{"low on memory"}))
        .event("blocked low on memory")
        .check([](world& w) { CHECK(w.machine.blocked()); })
        .server(method(0, spec::connection::unblocked{}))
        .event("unblocked")
        .check([](world& w) { CHECK_FALSE(w.machine.blocked()); })
        .replay();
}

TEST_CASE("a lost connection fails everything with the transport's reason") {
    open_channel()
        .client([](world& w) { w.request(one, spec::basic::qos{}); })
        .expect("1 basic.qos")
        .client([](world& w) { w.lose(std::make_error_code(std::errc::broken_pipe)); })
        .event("failed 1.1 #2 the connection was lost")
        .event("channel_closed 1.1 the connection was lost 'Broken pipe'")
        .event("closed the connection was lost 'Broken pipe'")
        .replay();
}

TEST_CASE("bytes that are with the socket when the connection dies stay in place") {
    world w{{}};
    w.receive(server_start() + method(0, spec::connection::tune{2047, 131072, 60}) +
              method(0, spec::connection::open_ok{}));
    w.open();
    w.drain();
    w.machine.publish(one, {.routing_key = "q"}, {}, std::string(50'000, 'b'));
    const auto pieces = w.machine.output();
    w.machine.publish(one, {.routing_key = "q"}, {}, std::string(50'000, 'c'));
    w.machine.on_lost(std::make_error_code(std::errc::connection_reset));
    while (w.machine.poll() != nullptr) {
    }
    CHECK(w.machine.output().empty());
    std::size_t size = 0;
    for (const auto piece : pieces)
        size += static_cast<std::size_t>(std::count(piece.begin(), piece.end(), 'b'));
    CHECK(size == 50'000);
    w.machine.sent(50'000, w.now); // a write that was done before its owner heard of the end
    CHECK(w.machine.output().empty());
}

TEST_CASE("a close-ok that can no longer be written is dropped") {
    world w{{}};
    w.receive(server_start() + method(0, spec::connection::tune{2047, 131072, 60}) +
              method(0, spec::connection::open_ok{}));
    const auto close = method(0, spec::connection::close{320, "bye", 0, 0});
    const auto room = w.machine.input();
    std::copy(close.begin(), close.end(), room.begin());
    w.machine.received(close.size(), w.now);
    while (w.machine.poll() != nullptr) {
    }
    CHECK(w.machine.queued_bytes() == 12); // the close-ok may be written once
    w.machine.on_lost(std::make_error_code(std::errc::connection_reset));
    CHECK(w.machine.poll() == nullptr);
    CHECK(w.machine.queued_bytes() == 0);
    CHECK(w.machine.output().empty());
}

TEST_CASE("a peer that closes with the code 0 is not taken for our own wish") {
    open_channel()
        .server(method(1, spec::channel::close{0, "zero", 0, 0}))
        .expect("1 channel.close-ok")
        .event("channel_closed 1.1 the channel is closed 'zero' by peer")
        .server(method(0, spec::connection::close{0, "zero", 0, 0}))
        .expect("0 connection.close-ok")
        .event("closed the connection is closed 'zero' by peer")
        .replay();
    script{}
        .handshake()
        .server(method(0, spec::connection::close{999, "unheard of", 0, 0}))
        .expect("0 connection.close-ok")
        .event("closed reply code (999) 'unheard of' by peer")
        .replay();
}
