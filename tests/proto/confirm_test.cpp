#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <support/script.hpp>

using namespace taskwire;
using namespace taskwire::test;
using spec::basic::ack;
using spec::basic::nack;

namespace {

const proto::channel_id one{1, 1};

void publish(world& w, int count) {
    for (int i = 0; i < count; ++i)
        REQUIRE_FALSE(w.publish(one, {.routing_key = "q"}, "").error);
}

/// A channel in confirm mode with `count` publishes outstanding.
script published(int count) {
    script talk;
    talk.handshake().confirming();
    talk.client([count](world& w) { publish(w, count); });
    for (int i = 0; i < count; ++i)
        talk.expect("1 basic.publish routing_key=q").expect("1 header size=0");
    return talk;
}

script::action outstanding(std::size_t count) {
    return [count](world& w) { CHECK(w.machine.unconfirmed_count(one) == count); };
}

} // namespace

TEST_CASE("sequence numbers start at 1 with confirm.select and a second one does not reset them") {
    script{}
        .handshake()
        .channel()
        .client([](world& w) {
            CHECK(w.publish(one, {.routing_key = "q"}, "").sequence == 0);
            w.request(one, spec::confirm::select{});
            CHECK(w.publish(one, {.routing_key = "q"}, "").sequence == 1);
        })
        .expect("1 basic.publish routing_key=q")
        .expect("1 header size=0")
        .expect("1 confirm.select")
        .expect("1 basic.publish routing_key=q")
        .expect("1 header size=0")
        .server(method(1, spec::confirm::select_ok{}))
        .event("reply 1.1 #2 confirm.select-ok")
        .client([](world& w) {
            w.request(one, spec::confirm::select{});
            CHECK(w.publish(one, {.routing_key = "q"}, "").sequence == 2);
        })
        .expect("1 confirm.select")
        .expect("1 basic.publish routing_key=q")
        .expect("1 header size=0")
        .server(method(1, spec::confirm::select_ok{}))
        .event("reply 1.1 #3 confirm.select-ok")
        .client([](world& w) { CHECK(w.publish(one, {}, "").sequence == 3); })
        .expect("1 basic.publish")
        .expect("1 header size=0")
        .check(outstanding(3))
        .replay();
}

TEST_CASE("a confirm.select that waits its turn does not count publishes before it") {
    script{}
        .handshake()
        .channel()
        .client([](world& w) {
            w.request(one, spec::basic::qos{});
            w.request(one, spec::confirm::select{});
            CHECK(w.publish(one, {.routing_key = "q"}, "").sequence == 0);
        })
        .expect("1 basic.qos")
        .expect("1 basic.publish routing_key=q")
        .expect("1 header size=0")
        .server(method(1, spec::basic::qos_ok{}))
        .expect("1 confirm.select")
        .event("reply 1.1 #2 basic.qos-ok")
        .client([](world& w) { CHECK(w.publish(one, {}, "").sequence == 1); })
        .expect("1 basic.publish")
        .expect("1 header size=0")
        .replay();
}

TEST_CASE("single confirms, out of order") {
    published(3)
        .server(method(1, ack{2, false}))
        .event("settled 1.1 2-2")
        .server(method(1, ack{3, false}))
        .event("settled 1.1 3-3")
        .check(outstanding(1))
        .server(method(1, ack{1, false}))
        .event("settled 1.1 1-1")
        .check(outstanding(0))
        .replay();
}

TEST_CASE("a confirm of multiple settles what is left up to its tag, also when that was settled") {
    published(6)
        .server(method(1, ack{3, false}) + method(1, ack{5, false}))
        .event("settled 1.1 3-3")
        .event("settled 1.1 5-5")
        .server(method(1, ack{5, true}))
        .event("settled 1.1 1-2")
        .event("settled 1.1 4-4")
        .server(method(1, ack{0, true})) // 0: all
        .event("settled 1.1 6-6")
        .replay();
}

TEST_CASE("nacks, single and multiple") {
    published(4)
        .server(method(1, nack{2, false, false}))
        .event("settled 1.1 2-2 nacked")
        .server(method(1, nack{3, true, false}))
        .event("settled 1.1 1-1 nacked")
        .event("settled 1.1 3-3 nacked")
        .server(method(1, ack{4, false}))
        .event("settled 1.1 4-4")
        .replay();
}

TEST_CASE("confirms of unknown or settled tags report nothing and break nothing") {
    published(2)
        .server(method(1, ack{9, false}) + method(1, nack{77, false, false}))
        .server(method(1, ack{0, false}))
        .server(method(1, ack{1, false}))
        .event("settled 1.1 1-1")
        .server(method(1, ack{1, false}) + method(1, ack{1, true}))
        .server(method(1, ack{~std::uint64_t{0}, true}))
        .event("settled 1.1 2-2")
        .server(method(1, ack{2, true}))
        .client([](world& w) { CHECK(w.publish(one, {}, "").sequence == 3); })
        .expect("1 basic.publish")
        .expect("1 header size=0")
        .replay();
    script{}.handshake().channel().server(method(1, ack{1, true})).replay(); // not in confirm mode
}

TEST_CASE("confirms belong to their channel") {
    published(1)
        .channel(2, 2, 3)
        .server(method(2, ack{1, false}))
        .check(outstanding(1))
        .server(method(1, ack{1, false}))
        .event("settled 1.1 1-1")
        .replay();
}

TEST_CASE("what is outstanding when its channel ends is never reported as settled") {
    published(2)
        .server(method(1, ack{1, false}))
        .event("settled 1.1 1-1")
        .server(method(1, spec::channel::close{404, "no exchange", 60, 40}))
        .expect("1 channel.close-ok")
        .event("channel_closed 1.1 NOT_FOUND (404) 'no exchange' by peer for 60,40")
        .replay();
}

TEST_CASE("what the broker confirmed is told, even when the connection closes meanwhile") {
    published(5)
        .server(method(1, ack{2, false}))
        .event("settled 1.1 2-2")
        .client([](world& w) {
            const auto confirm = method(1, ack{4, true});
            const auto room = w.machine.input();
            std::copy(confirm.begin(), confirm.end(), room.begin());
            w.machine.received(confirm.size(), w.now);
            const auto* event = w.machine.poll();
            REQUIRE(event != nullptr);
            const auto* settled = std::get_if<proto::event::settled>(event);
            REQUIRE(settled != nullptr);
            CHECK(settled->last == 1);
            w.close(); // 3 and 4 are still to be told
        })
        .expect("0 connection.close reply_code=200 reply_text=bye")
        .event("settled 1.1 3-4")
        .event("channel_closed 1.1 the connection is closed")
        .replay_once();
}
