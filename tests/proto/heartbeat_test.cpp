#include <doctest/doctest.h>

#include <string>

#include <support/script.hpp>

using namespace std::chrono_literals;
using namespace taskwire;
using namespace taskwire::test;

namespace {

const spec::connection::tune ten_seconds{2047, 131072, 10};

} // namespace

TEST_CASE("a heartbeat is sent after half the interval of silence") {
    script{}
        .handshake(ten_seconds)
        .pass(4999ms)
        .pass(1ms)
        .expect("0 heartbeat")
        .server(heartbeat())
        .pass(4999ms)
        .pass(1ms)
        .expect("0 heartbeat")
        .replay();
}

TEST_CASE("whatever is written counts as a heartbeat") {
    script{}
        .handshake(ten_seconds)
        .pass(3s)
        .channel()
        .pass(4999ms)
        .pass(1ms)
        .expect("0 heartbeat")
        .replay();
}

TEST_CASE("without a byte for two intervals the connection is dead, and dropped") {
    script{}
        .handshake(ten_seconds)
        .pass(19'999ms)
        .expect("0 heartbeat")
        .expect("0 heartbeat")
        .expect("0 heartbeat")
        .pass(1ms)
        .event("closed the peer has been silent for two heartbeat intervals 'nothing received for "
               "20 s'")
        .replay();
}

TEST_CASE("any received byte counts, also one of a frame that is not complete") {
    const auto beat = heartbeat();
    script{}
        .handshake(ten_seconds)
        .pass(12s)
        .expect("0 heartbeat")
        .expect("0 heartbeat")
        .server(beat.substr(0, 1))
        .pass(12s)
        .expect("0 heartbeat")
        .expect("0 heartbeat")
        .server(beat.substr(1))
        .pass(12s)
        .expect("0 heartbeat")
        .expect("0 heartbeat")
        .expect("0 heartbeat")
        .replay();
}

TEST_CASE("no heartbeats when both sides want none") {
    proto::connection_options options;
    options.heartbeat = 0s;
    script{options}
        .handshake({2047, 131072, 0})
        .check([](world& w) { CHECK(w.machine.deadline() == never); })
        .pass(240h)
        .channel()
        .replay();
}

TEST_CASE("heartbeats flow before open-ok once tuned") {
    proto::connection_options options;
    options.handshake_timeout = 60s;
    script{options}
        .expect("AMQP 0 0 9 1")
        .server(server_start())
        .expect("0 connection.start-ok ...")
        .pass(15s) // not tuned yet: none
        .server(method(0, ten_seconds))
        .expect("0 connection.tune-ok ...")
        .expect("0 connection.open virtual_host=/")
        .pass(5s)
        .expect("0 heartbeat")
        .replay();
}

TEST_CASE("heartbeats flow while blocked") {
    script{}
        .handshake(ten_seconds)
        .server(method(0, spec::connection::blocked{"low on memory"}))
        .event("blocked low on memory")
        .pass(5s)
        .expect("0 heartbeat")
        .replay();
}

TEST_CASE("no heartbeat piles up behind bytes that the socket does not take") {
    world w{{}};
    w.receive(server_start() + method(0, ten_seconds) + method(0, spec::connection::open_ok{}));
    w.open();
    for (int i = 0; i < 3; ++i) {
        REQUIRE(w.machine.deadline() == w.now + 5s);
        w.now += 5s;
        const auto before = w.machine.queued_bytes();
        w.machine.on_deadline(w.now);
        CHECK(w.machine.queued_bytes() == before);
    }
}

TEST_CASE("no heartbeat follows connection.close, and silence does not hurry its deadline") {
    script{}
        .handshake({2047, 131072, 1})
        .client([](world& w) { w.close(); })
        .expect("0 connection.close reply_code=200 reply_text=bye")
        .pass(4999ms)
        .pass(1ms)
        .event("closed the broker did not answer the close in time ...")
        .replay();
}
