#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <support/script.hpp>

using namespace std::chrono_literals;
using namespace taskwire;
using namespace taskwire::test;

namespace {

const proto::channel_id one{1, 1};

script open_channel(const proto::connection_options& options = {}) {
    script talk{options};
    talk.handshake().channel();
    return talk;
}

constexpr auto bye = "1 channel.close reply_code=200 reply_text=bye";

} // namespace

TEST_CASE("a channel is opened, closed, and its number used again in a new epoch") {
    open_channel()
        .check([](world& w) { CHECK(w.machine.is_open(one)); })
        .client([](world& w) { w.close_channel(one); })
        .expect(bye)
        .check([](world& w) { CHECK_FALSE(w.machine.is_open(one)); })
        .client([](world& w) { CHECK(w.open() == proto::channel_id{2, 2}); })
        .expect("2 channel.open") // number 1 is not free before close-ok
        .server(method(2, spec::channel::open_ok{}))
        .event("reply 2.2 #2 channel.open-ok")
        .server(method(1, spec::channel::close_ok{}))
        .event("channel_closed 1.1 none")
        .client([](world& w) { CHECK(w.open() == proto::channel_id{1, 3}); })
        .expect("1 channel.open")
        .server(method(1, spec::channel::open_ok{}))
        .event("reply 1.3 #3 channel.open-ok")
        .check([](world& w) {
            CHECK_FALSE(w.machine.is_open(one));
            CHECK(w.machine.is_open({1, 3}));
            CHECK(w.machine.next_epoch() == 4);
        })
        .replay();
}

TEST_CASE("epochs go on where a former connection of the client ended") {
    proto::connection_options options;
    options.epoch_first = 41;
    script{options}.handshake().channel(1, 41).channel(2, 42, 2).replay();
}

TEST_CASE("a channel that the server closes: requests fail, close-ok is sent, the reason is told") {
    open_channel()
        .client([](world& w) {
            w.request(one, spec::queue::declare{.queue = "q", .passive = true});
            w.request(one, spec::basic::qos{0, 1, false});
        })
        .expect("1 queue.declare queue=q passive")
        .server(method(1, spec::channel::close{404, "NOT_FOUND - no queue 'q'", 50, 10}))
        .expect("1 channel.close-ok")
        .event("failed 1.1 #2 NOT_FOUND (404)")
        .event("failed 1.1 #3 NOT_FOUND (404)")
        .event("channel_closed 1.1 NOT_FOUND (404) 'NOT_FOUND - no queue 'q'' by peer for 50,10")
        .client([](world& w) {
            CHECK(w.publish(one, {}, "x").error == errc::channel_closed);
            CHECK(w.send(one, spec::basic::ack{1}) == errc::stale_delivery);
            CHECK(w.send(one, spec::basic::recover_async{}) == errc::channel_closed);
            w.request(one, spec::basic::qos{});
            w.close_channel(one);
        })
        .event("failed 1.1 #4 the channel is closed")
        .client([](world& w) { CHECK(w.open() == proto::channel_id{1, 2}); })
        .expect("1 channel.open")
        .replay();
}

TEST_CASE("the server may close a channel instead of opening it") {
    script{}
        .handshake()
        .client([](world& w) { w.open(); })
        .expect("1 channel.open")
        .server(method(1, spec::channel::close{506, "no", 20, 10}))
        .expect("1 channel.close-ok")
        .event("failed 1.1 #1 RESOURCE_ERROR (506)")
        .event("channel_closed 1.1 RESOURCE_ERROR (506) 'no' by peer for 20,10")
        .replay();
}

TEST_CASE("what waits on a channel fails when its owner closes it") {
    open_channel()
        .client([](world& w) {
            w.request(one, spec::queue::declare{.queue = "q"});
            w.request(one, spec::basic::qos{0, 1, false});
            w.close_channel(one);
            w.close_channel(one);
        })
        .expect("1 queue.declare queue=q")
        .expect(bye)
        .event("failed 1.1 #2 the channel is closed")
        .event("failed 1.1 #3 the channel is closed")
        .server(method(1, spec::queue::declare_ok{"q", 0, 0})) // crossed our close: harmless
        .server(method(1, spec::channel::close_ok{}))
        .event("channel_closed 1.1 none")
        .replay();
}

TEST_CASE("frames for a closing channel are discarded, content too") {
    open_channel()
        .client([](world& w) { w.close_channel(one); })
        .expect(bye)
        .server(message(1, spec::basic::deliver{"c", 1, false, "", "q"}, "hello"))
        .server(method(1, spec::basic::deliver{"c", 2, false, "", "q"}))
        .server(header(1, 5) + body(1, "hello"))
        .server(method(1, spec::basic::ack{1, false}) + method(1, spec::channel::flow{false}))
        .server(method(1, spec::basic::cancel{"c"}))
        .server(method(1, spec::channel::close_ok{}))
        .event("channel_closed 1.1 none")
        .replay();
}

TEST_CASE("a message cut short by the close of its channel leaves nothing behind") {
    open_channel()
        .server(method(1, spec::basic::deliver{"c", 1, false, "", "q"}) + header(1, 5))
        .server(body(1, "he"))
        .server(method(1, spec::channel::close{404, "gone", 0, 0}))
        .expect("1 channel.close-ok")
        .event("channel_closed 1.1 NOT_FOUND (404) 'gone' by peer")
        .channel(1, 2, 2)
        .server(message(1, spec::basic::deliver{"c", 1, false, "", "q"}, "hello"))
        .event("delivery 1.2 consumer_tag=c delivery_tag=1 routing_key=q | | hello")
        .replay();
}

TEST_CASE("closes of a channel that cross: each is answered, close-ok ends it") {
    open_channel()
        .client([](world& w) { w.close_channel(one); })
        .expect(bye)
        .server(method(1, spec::channel::close{406, "late", 60, 80}))
        .expect("1 channel.close-ok")
        .client([](world& w) { CHECK(w.open() == proto::channel_id{2, 2}); })
        .expect("2 channel.open")
        .server(method(1, spec::channel::close_ok{}))
        .event("channel_closed 1.1 none")
        .client([](world& w) { CHECK(w.open() == proto::channel_id{1, 3}); })
        .expect("1 channel.open")
        .replay();
}

TEST_CASE("a channel whose close is not answered is reported; its number stays in use") {
    open_channel()
        .client([](world& w) { w.close_channel(one); })
        .expect(bye)
        .pass(4999ms)
        .pass(1ms)
        .event("channel_closed 1.1 the broker did not answer the close in time 'the broker did not "
               "answer channel.close'")
        .client([](world& w) { CHECK(w.open() == proto::channel_id{2, 2}); })
        .expect("2 channel.open")
        .server(method(2, spec::channel::open_ok{}))
        .event("reply 2.2 #2 channel.open-ok")
        .server(method(1, spec::channel::close_ok{})) // at last: free, and told only once
        .client([](world& w) { CHECK(w.open() == proto::channel_id{1, 3}); })
        .expect("1 channel.open")
        .replay();
}

TEST_CASE("all numbers are used, then no more") {
    proto::connection_options options;
    options.channel_max = 2;
    script{options}
        .handshake()
        .channel(1, 1, 1)
        .channel(2, 2, 2)
        .client([](world& w) { CHECK(w.open() == proto::channel_id{}); })
        .event("failed 0.0 #3 all channels of the connection are in use")
        .client([](world& w) { w.close_channel({2, 2}); })
        .expect("2 channel.close reply_code=200 reply_text=bye")
        .client([](world& w) { CHECK(w.open() == proto::channel_id{}); })
        .event("failed 0.0 #4 all channels of the connection are in use")
        .server(method(2, spec::channel::close_ok{}))
        .event("channel_closed 2.2 none")
        .channel(2, 3, 5)
        .replay();
}

TEST_CASE("channel.open of the highest number there is") {
    proto::connection_options options;
    options.channel_max = 0;
    world w{options};
    w.receive(server_start() + method(0, spec::connection::tune{0, 131072, 0}) +
              method(0, spec::connection::open_ok{}));
    for (std::uint32_t number = 1; number <= 65535; ++number)
        REQUIRE(w.machine.open_channel(w.now).channel.number == number);
    CHECK(w.machine.open_channel(w.now).channel == proto::channel_id{});
}

TEST_CASE("flow is answered and obeyed") {
    open_channel()
        .server(method(1, spec::channel::flow{false}))
        .expect("1 channel.flow-ok")
        .event("flow 1.1 paused")
        .client([](world& w) {
            CHECK(w.publish(one, {.routing_key = "q"}, "x").error == errc::flow_stopped);
        })
        .server(method(1, spec::channel::flow{true}))
        .expect("1 channel.flow-ok active")
        .event("flow 1.1 active")
        .client([](world& w) { CHECK_FALSE(w.publish(one, {.routing_key = "q"}, "x").error); })
        .expect("1 basic.publish routing_key=q")
        .expect("1 header size=1")
        .expect("1 body x")
        .replay();
}

TEST_CASE("a channel that is closing for a reason of its own keeps it when the connection ends") {
    open_channel()
        .client([](world& w) { w.request(one, spec::basic::qos{}); })
        .expect("1 basic.qos")
        .pass(30s)
        .expect("1 channel.close ...")
        .event("failed 1.1 #2 the broker did not reply in time")
        .server(method(0, spec::connection::close{320, "bye", 0, 0}))
        .expect("0 connection.close-ok")
        .event("channel_closed 1.1 the broker did not reply in time 'no reply to basic.qos' for "
               "60,10")
        .event("closed CONNECTION_FORCED (320) 'bye' by peer")
        .replay();
}

TEST_CASE("a channel whose close was answered is not reported again when its deadline passes") {
    open_channel()
        .client([](world& w) { w.close_channel(one); })
        .expect(bye)
        .pass(2s)
        .server(method(1, spec::channel::close_ok{}))
        .event("channel_closed 1.1 none")
        .channel(1, 2, 2)
        .pass(10s)
        .replay();
}

TEST_CASE("a channel that is late to close when the connection breaks ends once") {
    open_channel()
        .client([](world& w) { w.close_channel(one); })
        .expect(bye)
        .client([](world& w) {
            w.now += 5s;
            w.machine.on_deadline(w.now);
            w.lose();
        })
        .event("channel_closed 1.1 the broker did not answer the close in time ...")
        .event("closed the connection was lost ...")
        .replay();
}

TEST_CASE("why a channel is ending can be asked before it is told") {
    open_channel()
        .check([](world& w) { CHECK_FALSE(w.machine.reason_of(one).code); })
        .client([](world& w) {
            const auto close = method(1, spec::channel::close{404, "gone", 0, 0});
            const auto room = w.machine.input();
            std::copy(close.begin(), close.end(), room.begin());
            w.machine.received(close.size(), w.now);
            w.request(one, spec::basic::qos{});
            REQUIRE(w.machine.poll() != nullptr); // the request fails first
            CHECK(w.machine.reason_of(one).code == reply_code::not_found);
            CHECK_FALSE(w.machine.reason_of({0, 0}).code);
        })
        .expect("1 basic.qos")
        .expect("1 channel.close-ok")
        .event("channel_closed 1.1 NOT_FOUND (404) 'gone' by peer")
        .replay_once();
}
