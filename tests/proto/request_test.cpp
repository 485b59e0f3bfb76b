#include <doctest/doctest.h>

#include <string>

#include <support/script.hpp>

using namespace std::chrono_literals;
using namespace taskwire;
using namespace taskwire::test;

namespace {

const proto::channel_id one{1, 1};
const proto::channel_id root{0, 0};

script open_channel(const proto::connection_options& options = {}) {
    script talk{options};
    talk.handshake().channel();
    return talk;
}

} // namespace

TEST_CASE("one synchronous method per channel at a time, the next one waits its turn") {
    open_channel()
        .client([](world& w) {
            w.request(one, spec::queue::declare{.queue = "a", .durable = true});
            w.request(one, spec::basic::qos{0, 5, false});
            w.request(one, spec::queue::purge{"a"});
        })
        .expect("1 queue.declare queue=a durable")
        .server(method(1, spec::queue::declare_ok{"a", 7, 1}))
        .expect("1 basic.qos prefetch_count=5")
        .event("reply 1.1 #2 queue.declare-ok queue=a message_count=7 consumer_count=1")
        .server(method(1, spec::basic::qos_ok{}))
        .expect("1 queue.purge queue=a")
        .event("reply 1.1 #3 basic.qos-ok")
        .server(method(1, spec::queue::purge_ok{7}))
        .event("reply 1.1 #4 queue.purge-ok message_count=7")
        .replay();
}

TEST_CASE("channels do not wait for each other") {
    open_channel()
        .channel(2, 2, 2)
        .client([](world& w) {
            w.request(one, spec::queue::declare{.queue = "a"});
            w.request({2, 2}, spec::queue::declare{.queue = "b"});
        })
        .expect("1 queue.declare queue=a")
        .expect("2 queue.declare queue=b")
        .server(method(2, spec::queue::declare_ok{"b", 0, 0}))
        .event("reply 2.2 #4 queue.declare-ok queue=b")
        .server(method(1, spec::queue::declare_ok{"a", 0, 0}))
        .event("reply 1.1 #3 queue.declare-ok queue=a")
        .replay();
}

TEST_CASE("requests may be made while the channel opens") {
    script{}
        .handshake()
        .client([](world& w) { w.request(w.open(), spec::queue::declare{.queue = "a"}); })
        .expect("1 channel.open")
        .server(method(1, spec::channel::open_ok{}))
        .expect("1 queue.declare queue=a")
        .event("reply 1.1 #1 channel.open-ok")
        .replay();
}

TEST_CASE("a reply of the wrong method closes the connection with 503") {
    open_channel()
        .client([](world& w) { w.request(one, spec::queue::declare{.queue = "a"}); })
        .expect("1 queue.declare queue=a")
        .server(method(1, spec::basic::qos_ok{}))
        .expect("0 connection.close reply_code=503 reply_text=COMMAND_INVALID - basic.qos-ok "
                "answers nothing that was asked class_id=60 method_id=11")
        .event("failed 1.1 #2 a method is not legal in this state")
        .event("channel_closed 1.1 a method is not legal in this state 'basic.qos-ok answers "
               "nothing that was asked' for 60,11")
        .server(method(0, spec::connection::close_ok{}))
        .event("closed a method is not legal in this state 'basic.qos-ok answers nothing that was "
               "asked' for 60,11")
        .replay();
}

TEST_CASE("a reply whose arguments cannot be decoded closes the connection with 502") {
    open_channel()
        .client([](world& w) { w.request(one, spec::queue::declare{.queue = "a"}); })
        .expect("1 queue.declare queue=a")
        .server(raw_method(1, {50, 11}, "short"))
        .expect("0 connection.close reply_code=502 reply_text=SYNTAX_ERROR - arguments of "
                "queue.declare-ok class_id=50 method_id=11")
        .event("failed 1.1 #2 a method's arguments cannot be decoded")
        .event("channel_closed 1.1 a method's arguments cannot be decoded ...")
        .replay();
}

TEST_CASE("a reply that nobody asked for, also to a request that waits its turn") {
    for (const bool queued : {false, true})
        open_channel()
            .client([queued](world& w) {
                w.request(one, spec::basic::qos{});
                if (queued)
                    w.request(one, spec::queue::declare{.queue = "a"});
            })
            .expect("1 basic.qos")
            .server(method(1, spec::queue::declare_ok{"a", 0, 0}))
            .expect("0 connection.close reply_code=503 ...")
            .check([](world& w) {
                while (w.next_event() != "") {
                }
            })
            .replay();
}

TEST_CASE("a request that times out takes its channel along; the late reply is harmless") {
    open_channel()
        .client([](world& w) {
            w.request(one, spec::queue::bind{.queue = "q"});
            w.request(one, spec::basic::qos{});
        })
        .expect("1 queue.bind queue=q")
        .pass(29'999ms)
        .pass(1ms)
        .expect("1 channel.close reply_code=200 reply_text=no reply in time class_id=50 "
                "method_id=20")
        .event("failed 1.1 #2 the broker did not reply in time")
        .event("failed 1.1 #3 the broker did not reply in time")
        .server(method(1, spec::queue::bind_ok{}))
        .server(method(1, spec::channel::close_ok{}))
        .event("channel_closed 1.1 the broker did not reply in time 'no reply to queue.bind' for "
               "50,20")
        .replay();
}

TEST_CASE("a channel that does not open in time") {
    script{}
        .handshake({2047, 131072, 0})
        .client([](world& w) { w.open(); })
        .expect("1 channel.open")
        .pass(30s)
        .expect("1 channel.close ...")
        .event("failed 1.1 #1 the broker did not reply in time")
        .server(method(1, spec::channel::open_ok{}))
        .server(method(1, spec::channel::close_ok{}))
        .event("channel_closed 1.1 the broker did not reply in time ...")
        .replay();
}

TEST_CASE("an answered request's timer does not strike the next one") {
    proto::connection_options options;
    options.heartbeat = 0s;
    script{options}
        .handshake({2047, 131072, 0})
        .channel()
        .client([](world& w) { w.request(one, spec::basic::qos{}); })
        .expect("1 basic.qos")
        .pass(20s)
        .client([](world& w) { w.request(one, spec::basic::qos{}); })
        .server(method(1, spec::basic::qos_ok{}))
        .expect("1 basic.qos")
        .event("reply 1.1 #2 basic.qos-ok")
        .pass(29s)
        .server(method(1, spec::basic::qos_ok{}))
        .event("reply 1.1 #3 basic.qos-ok")
        .check([](world& w) { CHECK(w.machine.deadline() == never); })
        .replay();
}

TEST_CASE("what cannot be sent fails and nothing is written") {
    open_channel()
        .client([](world& w) {
            w.request(one, spec::queue::declare{.queue = "a\nb"});
            w.request(one, spec::queue::declare{.queue = std::string(256, 'q')});
            const table large{{"x", std::string(131072, 'x')}};
            w.request(one, spec::queue::declare{.queue = "q", .arguments = large});
            w.request({7, 7}, spec::queue::declare{.queue = "q"});
            w.request({1, 99}, spec::queue::declare{.queue = "q"});
        })
        .event("failed 1.1 #2 a name is empty or holds a character that is not allowed")
        .event("failed 1.1 #3 a short string is longer than it may be")
        .event("failed 1.1 #4 the properties do not fit one frame")
        .event("failed 7.7 #5 the channel is closed")
        .event("failed 1.99 #6 the channel is closed")
        .replay();
}

TEST_CASE("update-secret is a request of the connection") {
    script{}
        .handshake()
        .client([](world& w) {
            w.request(root, spec::connection::update_secret{"new", "expiry"});
        })
        .expect("0 connection.update-secret new_secret=new reason=expiry")
        .server(method(0, spec::connection::update_secret_ok{}))
        .event("reply 0.0 #1 connection.update-secret-ok")
        .replay();
}

TEST_CASE("update-secret-ok that nobody asked for closes the connection with 503") {
    script{}
        .handshake()
        .server(method(0, spec::connection::update_secret_ok{}))
        .expect("0 connection.close reply_code=503 ...")
        .server(method(0, spec::connection::close_ok{}))
        .event("closed a method is not legal in this state ...")
        .replay();
}

TEST_CASE("a request must fit one frame") {
    // 4088 bytes of payload: 4 of id, 2 + 2 + 1 + 4 of arguments, 1 + 1 + 1 + 4 around the text.
    const std::string fits(4088 - 20, 'x');
    const table most{{"k", fits}};
    const table more{{"k", fits + "x"}};
    script{}
        .handshake({2047, 4096, 60})
        .channel()
        .client([&](world& w) {
            w.request(one, spec::queue::declare{.queue = "q", .arguments = most});
        })
        .expect("1 queue.declare queue=q arguments=...")
        .client([&](world& w) {
            w.request(one, spec::queue::declare{.queue = "q", .arguments = more});
        })
        .event("failed 1.1 #3 the properties do not fit one frame")
        .replay();
}

TEST_CASE("tx and confirm exclude each other") {
    open_channel()
        .client([](world& w) { w.request(one, spec::tx::select{}); })
        .expect("1 tx.select")
        .client([](world& w) { w.request(one, spec::confirm::select{}); })
        .event("failed 1.1 #3 a channel cannot be in tx and confirm mode")
        .replay();
    script{}
        .handshake()
        .confirming()
        .client([](world& w) { w.request(one, spec::tx::select{}); })
        .event("failed 1.1 #3 a channel cannot be in tx and confirm mode")
        .replay();
}

TEST_CASE("a refused update-secret fails with the reason for which the connection closes") {
    script{}
        .handshake()
        .client([](world& w) {
            w.request(root, spec::connection::update_secret{"new", "expiry"});
        })
        .expect("0 connection.update-secret new_secret=new reason=expiry")
        .server(method(0, spec::connection::close{530, "NOT_ALLOWED - refused", 10, 70}))
        .expect("0 connection.close-ok")
        .event("failed 0.0 #1 NOT_ALLOWED (530)")
        .event("closed NOT_ALLOWED (530) 'NOT_ALLOWED - refused' by peer for 10,70")
        .replay();
}

TEST_CASE("an update-secret that is not answered takes the connection along") {
    script{}
        .handshake({2047, 131072, 0})
        .client([](world& w) {
            w.request(root, spec::connection::update_secret{"new", "expiry"});
        })
        .expect("0 connection.update-secret new_secret=new reason=expiry")
        .pass(30s)
        .expect("0 connection.close reply_code=320 ...")
        .server(method(0, spec::connection::update_secret_ok{})) // too late
        .server(method(0, spec::connection::close_ok{}))
        .event("failed 0.0 #1 the broker did not reply in time")
        .event("closed the broker did not reply in time 'no reply in time' for 10,70")
        .replay();
}

TEST_CASE("methods of the connection go to channel 0, all others to a channel that was opened") {
    open_channel()
        .client([](world& w) {
            w.request(root, spec::queue::declare{.queue = "q"});
            w.request(one, spec::connection::update_secret{"s", "r"});
        })
        .event("failed 0.0 #2 the channel is closed")
        .event("failed 1.1 #3 a method is not legal in this state")
        .replay();
}

TEST_CASE("tx and confirm exclude each other while the first one waits its turn") {
    open_channel()
        .client([](world& w) {
            w.request(one, spec::basic::qos{});
            w.request(one, spec::confirm::select{});
            w.request(one, spec::tx::select{});
        })
        .expect("1 basic.qos")
        .event("failed 1.1 #4 a channel cannot be in tx and confirm mode")
        .client([](world& w) {
            const auto two = w.open();
            w.request(two, spec::tx::select{});
            w.request(two, spec::confirm::select{});
        })
        .expect("2 channel.open")
        .event("failed 2.2 #7 a channel cannot be in tx and confirm mode")
        .replay();
}
