#include <doctest/doctest.h>

#include <string>

#include <support/script.hpp>

using namespace taskwire;
using namespace taskwire::test;
using spec::basic::ack;
using spec::basic::deliver;
using spec::basic::nack;
using spec::basic::reject;

namespace {

const proto::channel_id one{1, 1};

script open_channel() {
    script talk;
    talk.handshake().channel();
    return talk;
}

script consuming(bool no_ack = false) {
    auto talk = open_channel();
    talk.client([no_ack](world& w) {
        w.request(one, spec::basic::consume{.queue = "q", .consumer_tag = "c", .no_ack = no_ack});
    });
    talk.expect("1 basic.consume queue=q consumer_tag=c" + std::string{no_ack ? " no_ack" : ""});
    talk.server(method(1, spec::basic::consume_ok{"c"}));
    return talk.event("reply 1.1 #2 basic.consume-ok consumer_tag=c");
}

std::string delivery(std::uint64_t tag, std::string_view consumer = "c") {
    return message(1, deliver{consumer, tag, false, "", "q"}, "");
}

std::string delivered(int tag, const std::string& consumer = "c") {
    return "delivery 1.1 consumer_tag=" + consumer + " delivery_tag=" + std::to_string(tag) +
           " routing_key=q | | ";
}

/// Four deliveries wait for their acknowledgement.
script four() {
    auto talk = consuming();
    talk.server(delivery(1) + delivery(2) + delivery(3) + delivery(4));
    for (int tag = 1; tag <= 4; ++tag)
        talk.event(delivered(tag));
    return talk;
}

script::action waiting(std::size_t count) {
    return [count](world& w) { CHECK(w.machine.unacknowledged_count(one) == count); };
}

} // namespace

TEST_CASE("a delivery with everything in it, acknowledged") {
    const table headers{{"x", 1}};
    consuming()
        .server(message(1, deliver{"c", 1, true, "e", "k"}, "hello",
                        {.headers = headers, .delivery_mode = std::uint8_t{2}}))
        .event("delivery 1.1 consumer_tag=c delivery_tag=1 redelivered exchange=e routing_key=k | "
               "headers={x=I:1} delivery_mode=2 | hello")
        .check(waiting(1))
        .client([](world& w) { CHECK_FALSE(w.send(one, ack{1})); })
        .expect("1 basic.ack delivery_tag=1")
        .check(waiting(0))
        .replay();
}

TEST_CASE("deliveries may come in one read with consume-ok, and before it") {
    open_channel()
        .client([](world& w) { w.request(one, spec::basic::consume{.queue = "q"}); })
        .expect("1 basic.consume queue=q")
        .server(delivery(1, "amq.1") + method(1, spec::basic::consume_ok{"amq.1"}) +
                delivery(2, "amq.1"))
        .event(delivered(1, "amq.1"))
        .event("reply 1.1 #2 basic.consume-ok consumer_tag=amq.1")
        .event(delivered(2, "amq.1"))
        .client([](world& w) { CHECK_FALSE(w.send(one, ack{2, true})); })
        .expect("1 basic.ack delivery_tag=2 multiple")
        .replay();
}

TEST_CASE("deliveries between cancel and cancel-ok can be acknowledged") {
    consuming()
        .client([](world& w) { w.request(one, spec::basic::cancel{"c"}); })
        .expect("1 basic.cancel consumer_tag=c")
        .server(delivery(1) + method(1, spec::basic::cancel_ok{"c"}))
        .event(delivered(1))
        .event("reply 1.1 #3 basic.cancel-ok consumer_tag=c")
        .client([](world& w) { CHECK_FALSE(w.send(one, reject{1, true})); })
        .expect("1 basic.reject delivery_tag=1 requeue")
        .replay();
}

TEST_CASE("what a consumer without acknowledgements gets cannot be acknowledged") {
    consuming(true)
        .server(delivery(1))
        .event(delivered(1))
        .check(waiting(0))
        .client([](world& w) { CHECK(w.send(one, ack{1}) == errc::unknown_delivery_tag); })
        .client([](world& w) {
            w.request(one, spec::basic::cancel{"c"});
            w.request(one, spec::basic::consume{.queue = "q", .consumer_tag = "c"});
        })
        .expect("1 basic.cancel consumer_tag=c")
        .server(method(1, spec::basic::cancel_ok{"c"}))
        .expect("1 basic.consume queue=q consumer_tag=c")
        .event("reply 1.1 #3 basic.cancel-ok consumer_tag=c")
        .server(method(1, spec::basic::consume_ok{"c"}) + delivery(2))
        .event("reply 1.1 #4 basic.consume-ok consumer_tag=c")
        .event(delivered(2))
        .client([](world& w) { CHECK_FALSE(w.send(one, ack{2})); })
        .expect("1 basic.ack delivery_tag=2")
        .replay();
}

TEST_CASE("acknowledgements that the broker would refuse stay here") {
    four()
        .client([](world& w) {
            CHECK(w.send(one, ack{5}) == errc::unknown_delivery_tag);
            CHECK(w.send(one, ack{0}) == errc::unknown_delivery_tag);
            CHECK(w.send(one, nack{9, true, true}) == errc::unknown_delivery_tag);
            CHECK(w.send({1, 2}, ack{1}) == errc::stale_delivery);
            CHECK(w.send({2, 1}, ack{1}) == errc::stale_delivery);
            CHECK_FALSE(w.send(one, ack{2}));
            CHECK(w.send(one, ack{2}) == errc::unknown_delivery_tag);
            CHECK(w.send(one, ack{2, true}) == errc::unknown_delivery_tag);
            CHECK(w.send(one, reject{2, true}) == errc::unknown_delivery_tag);
            CHECK(w.send(one, nack{2, false, true}) == errc::unknown_delivery_tag);
        })
        .expect("1 basic.ack delivery_tag=2")
        .check(waiting(3))
        .replay();
}

TEST_CASE("multiple acknowledges all up to its tag") {
    four()
        .client([](world& w) {
            CHECK_FALSE(w.send(one, ack{1}));
            CHECK_FALSE(w.send(one, nack{3, true, true}));
            CHECK(w.send(one, ack{2}) == errc::unknown_delivery_tag);
        })
        .expect("1 basic.ack delivery_tag=1")
        .expect("1 basic.nack delivery_tag=3 multiple requeue")
        .check(waiting(1))
        .replay();
}

TEST_CASE("tag 0 with multiple means all") {
    four()
        .client([](world& w) {
            CHECK_FALSE(w.send(one, ack{0, true}));
            CHECK(w.send(one, ack{4}) == errc::unknown_delivery_tag);
        })
        .expect("1 basic.ack multiple")
        .check(waiting(0))
        .replay();
}

TEST_CASE("an acknowledgement of a former incarnation never reaches the wire") {
    four()
        .client([](world& w) { w.close_channel(one); })
        .expect("1 channel.close ...")
        .client([](world& w) { CHECK(w.send(one, ack{1}) == errc::stale_delivery); })
        .server(method(1, spec::channel::close_ok{}))
        .event("channel_closed 1.1 none")
        .channel(1, 2, 3)
        .server(delivery(1))
        .event("delivery 1.2 consumer_tag=c delivery_tag=1 routing_key=q | | ")
        .client([](world& w) {
            CHECK(w.send(one, ack{1}) == errc::stale_delivery);
            CHECK_FALSE(w.send({1, 2}, ack{1}));
        })
        .expect("1 basic.ack delivery_tag=1")
        .replay();
}

TEST_CASE("get with a message") {
    open_channel()
        .client([](world& w) {
            w.request(one, spec::basic::get{"q", false});
            w.request(one, spec::basic::get{"q", true});
        })
        .expect("1 basic.get queue=q")
        .server(message(1, spec::basic::get_ok{1, false, "", "q", 5}, "hello",
                        {.content_type = "text/plain"}))
        .expect("1 basic.get queue=q no_ack")
        .event("reply 1.1 #2 basic.get-ok delivery_tag=1 routing_key=q message_count=5 | "
               "content_type=text/plain | hello")
        .server(message(1, spec::basic::get_ok{2, false, "", "q", 4}, ""))
        .event("reply 1.1 #3 basic.get-ok delivery_tag=2 routing_key=q message_count=4 | | ")
        .client([](world& w) {
            CHECK_FALSE(w.send(one, ack{1}));
            CHECK(w.send(one, ack{2}) == errc::unknown_delivery_tag);
        })
        .expect("1 basic.ack delivery_tag=1")
        .replay();
}

TEST_CASE("get from an empty queue") {
    open_channel()
        .client([](world& w) { w.request(one, spec::basic::get{"q", false}); })
        .expect("1 basic.get queue=q")
        .server(method(1, spec::basic::get_empty{}))
        .event("reply 1.1 #2 basic.get-empty")
        .replay();
}

TEST_CASE("the server cancels a consumer, with and without no-wait") {
    // The last octet holds no-wait; the generated struct has no such field.
    using namespace std::string_literals;
    consuming()
        .server(raw_method(1, {60, 30},
                           "\x01"
                           "c\x01"s))
        .event("consumer_cancelled 1.1 c")
        .server(raw_method(1, {60, 30},
                           "\x01"
                           "d\x00"s))
        .expect("1 basic.cancel-ok consumer_tag=d")
        .event("consumer_cancelled 1.1 d")
        .replay();
}

TEST_CASE("recover makes earlier deliveries unknown: they come again with new tags") {
    four()
        .client([](world& w) {
            w.request(one, spec::basic::recover{true});
            CHECK(w.send(one, ack{1}) == errc::unknown_delivery_tag);
        })
        .expect("1 basic.recover requeue")
        .server(delivery(5)) // sent before the broker read recover: taken back as well
        .event(delivered(5))
        .client([](world& w) { CHECK(w.send(one, ack{5}) == errc::unknown_delivery_tag); })
        .server(method(1, spec::basic::recover_ok{}) + delivery(6))
        .event("reply 1.1 #3 basic.recover-ok")
        .event(delivered(6))
        .client([](world& w) {
            CHECK(w.send(one, ack{1}) == errc::unknown_delivery_tag);
            CHECK_FALSE(w.send(one, ack{6}));
        })
        .expect("1 basic.ack delivery_tag=6")
        .replay();
    four()
        .client([](world& w) {
            CHECK_FALSE(w.send(one, spec::basic::recover_async{true}));
            CHECK(w.send(one, ack{1}) == errc::unknown_delivery_tag);
        })
        .expect("1 basic.recover-async requeue")
        .replay();
}

TEST_CASE("in a transaction only the broker knows which tags can be settled") {
    four()
        .client([](world& w) { w.request(one, spec::tx::select{}); })
        .expect("1 tx.select")
        .server(method(1, spec::tx::select_ok{}))
        .event("reply 1.1 #3 tx.select-ok")
        .client([](world& w) {
            CHECK_FALSE(w.send(one, ack{1}));
            CHECK_FALSE(w.send(one, ack{1})); // a rollback may have given it back
        })
        .expect("1 basic.ack delivery_tag=1")
        .expect("1 basic.ack delivery_tag=1")
        .check(waiting(3)) // what was settled takes no more room
        .client([](world& w) { CHECK_FALSE(w.send(one, ack{9, true})); })
        .expect("1 basic.ack delivery_tag=9 multiple")
        .check(waiting(0))
        .replay();
}
