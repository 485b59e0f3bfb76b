#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <support/script.hpp>

using namespace taskwire;
using namespace taskwire::test;

namespace {

/// An open connection with channel 1, whose server demands answers but reads only when told.
struct stalled {
    world w;

    explicit stalled(const proto::connection_options& with = options()) : w{with} {
        w.receive(server_start() + method(0, spec::connection::tune{2047, 4096, 60}) +
                  method(0, spec::connection::open_ok{}));
        w.open();
        w.drain();
        w.receive(method(1, spec::channel::open_ok{}));
    }

    static proto::connection_options options() {
        proto::connection_options result;
        result.unsent_replies_max = 100;
        return result;
    }

    void ask(const std::string& bytes, int times) {
        for (int i = 0; i < times; ++i) {
            const auto room = w.machine.input();
            std::copy(bytes.begin(), bytes.end(), room.begin());
            w.machine.received(bytes.size(), w.now);
            while (w.machine.poll() != nullptr) {
            }
        }
    }
};

const std::string flow = method(1, spec::channel::flow{true});

} // namespace

TEST_CASE("a peer that demands answers but reads none is dropped") {
    stalled peer;
    for (int i = 0; i < 1000; ++i) // read and answered: fine
        peer.w.receive(flow);
    CHECK(peer.w.machine.state() == proto::connection_state::open);
    peer.ask(flow, 100);
    CHECK(peer.w.machine.state() == proto::connection_state::open);
    peer.ask(flow, 1);
    CHECK(peer.w.machine.state() == proto::connection_state::closed);
    CHECK(peer.w.machine.queued_bytes() == 0);
}

TEST_CASE("so is one that cancels consumers, or closes channels, without end") {
    stalled cancels;
    cancels.ask(method(1, spec::basic::cancel{"c"}), 101);
    CHECK(cancels.w.machine.state() == proto::connection_state::closed);

    stalled closes;
    closes.w.close_channel({1, 1});
    closes.ask(method(1, spec::channel::close{404, "x", 0, 0}), 101);
    CHECK(closes.w.machine.state() == proto::connection_state::closed);
}

TEST_CASE("so is one that delivers what is handed back, without end") {
    stalled peer;
    for (std::uint64_t tag = 1; tag <= 101; ++tag) {
        CHECK(peer.w.machine.state() == proto::connection_state::open);
        peer.ask(message(1, spec::basic::deliver{"nobody", tag, false, "", "q"}, ""), 1);
        peer.w.machine.hand_back({1, 1}, tag);
    }
    CHECK(peer.w.machine.state() == proto::connection_state::closed);
}

TEST_CASE("so is one that closes the connection again and again while we close it") {
    stalled peer;
    peer.w.close();
    peer.ask(method(0, spec::connection::close{320, "x", 0, 0}), 100);
    CHECK(peer.w.machine.state() == proto::connection_state::closing);
    peer.ask(method(0, spec::connection::close{320, "x", 0, 0}), 1);
    CHECK(peer.w.machine.state() == proto::connection_state::closed);
}

TEST_CASE("a delivery is handed back once, and only to its own channel") {
    script{}
        .handshake()
        .channel()
        .server(message(1, spec::basic::deliver{"nobody", 1, false, "", "q"}, ""))
        .event("delivery 1.1 consumer_tag=nobody delivery_tag=1...")
        .client([](world& w) {
            w.machine.hand_back({1, 2}, 1);
            w.machine.hand_back({1, 1}, 2);
            w.machine.hand_back({1, 1}, 1);
            w.machine.hand_back({1, 1}, 1);
        })
        .expect("1 basic.nack delivery_tag=1 requeue")
        .replay();
}

TEST_CASE("so is one that delivers for ever but reads no acknowledgement") {
    auto options = stalled::options();
    options.unsent_settlements_max = 100;
    stalled peer{options};
    const auto deliver_and_ack = [&](std::uint64_t tag) {
        peer.ask(message(1, spec::basic::deliver{"c", tag, false, "", "q"}, ""), 1);
        return peer.w.machine.send({1, 1}, spec::basic::ack{tag});
    };
    for (std::uint64_t tag = 1; tag <= 100; ++tag)
        REQUIRE(!deliver_and_ack(tag));
    peer.w.drain(); // read: they do not count any more
    for (std::uint64_t tag = 101; tag <= 200; ++tag)
        REQUIRE(!deliver_and_ack(tag));
    CHECK(deliver_and_ack(201) == errc::connection_closed);
    CHECK(peer.w.machine.state() == proto::connection_state::closed);
    CHECK(peer.w.machine.queued_bytes() == 0);
}

TEST_CASE("answers that leave on a connection that is never idle do not count for ever") {
    stalled peer;
    for (int i = 0; i < 1000; ++i) {
        peer.ask(flow, 1);
        peer.w.machine.publish({1, 1}, {.routing_key = "q"}, {}, std::string(100, 'x'));
        std::size_t size = 0;
        for (const auto piece : peer.w.machine.output())
            size += piece.size();
        peer.ask(flow, 1); // queued behind the write: the queue does not run empty
        peer.w.machine.sent(size, peer.w.now);
        REQUIRE(peer.w.machine.queued_bytes() != 0);
    }
    CHECK(peer.w.machine.state() == proto::connection_state::open);
}

TEST_CASE("nor do acknowledgements that leave on such a connection") {
    auto options = stalled::options();
    options.unsent_settlements_max = 100;
    stalled peer{options};
    for (std::uint64_t tag = 1; tag <= 1000; ++tag) {
        peer.ask(message(1, spec::basic::deliver{"c", tag, false, "", "q"}, ""), 1);
        REQUIRE(!peer.w.machine.send({1, 1}, spec::basic::ack{tag}));
        std::size_t size = 0;
        for (const auto piece : peer.w.machine.output())
            size += piece.size();
        peer.ask(flow, 1); // queued behind the write: the queue does not run empty
        peer.w.machine.sent(size, peer.w.now);
        REQUIRE(peer.w.machine.queued_bytes() != 0);
    }
    CHECK(peer.w.machine.state() == proto::connection_state::open);
}

TEST_CASE("before tune a frame has at most 8192 bytes of payload") {
    script{}
        .expect("AMQP 0 0 9 1")
        .server(std::string("\x01\0\0\0\0\x20\0", 7))
        .pass(std::chrono::seconds{9}) // waits for the rest
        .replay();
    script{}
        .expect("AMQP 0 0 9 1")
        .server(std::string("\x01\0\0\0\0\x20\1", 7))
        .event("closed a frame is larger than was negotiated ...")
        .replay();
}

TEST_CASE("without a frame_max a body frame is bounded by message_size_max") {
    proto::connection_options options;
    options.frame_max = 0;
    options.message_size_max = 1'000'000;
    const spec::basic::deliver to_c{"c", 1, false, "", "q"};
    script{options}
        .handshake({2047, 0, 60})
        .channel()
        .server(message(1, to_c, std::string(1'000'000, 'x'), {}, 1'000'000))
        .event("delivery 1.1 consumer_tag=c ...")
        .server(method(1, to_c) + header(1, 1))
        .server(std::string("\x03\0\x01\0\x0f\x42\x41", 7)) // a frame of 1,000,001
        .expect("0 connection.close reply_code=501 ...")
        .event("channel_closed 1.1 a frame is larger than was negotiated ...")
        .event("closed a frame is larger than was negotiated ...")
        .replay_once();
}
