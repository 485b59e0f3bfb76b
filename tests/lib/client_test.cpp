#include <doctest/doctest.h>

#include <thread>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <taskwire/client.hpp>

#include "recovering.hpp"

/// A client against a server that the test plays: what is restored after a loss, and what is not.
using namespace taskwire;
using namespace taskwire::test;
namespace c = spec::connection;
namespace ch = spec::channel;
namespace x = spec::exchange;
namespace q = spec::queue;
namespace b = spec::basic;
using kind = publish_outcome::kind;

TEST_SUITE("client") {
    TEST_CASE("what was declared and bound is declared and bound again, what was deleted is not") {
        recovering with;
        with.request(x::declare{.exchange = "ex", .type = "topic", .durable = true},
                     x::declare_ok{});
        with.request(q::declare{.queue = "kept", .durable = true}, q::declare_ok{"kept"});
        with.request(q::declare{.queue = "gone", .durable = true}, q::declare_ok{"gone"});
        with.request(q::declare{.queue = "seen", .passive = true}, q::declare_ok{"seen"});
        with.request(q::bind{.queue = "kept", .exchange = "ex", .routing_key = "k"}, q::bind_ok{});
        with.request(q::delete_{.queue = "gone"}, q::delete_ok{});
        with.lose_and_reconnect();
        with.far.open_channel();
        const auto exchange = with.far.expect<x::declare>();
        CHECK(exchange->exchange == "ex");
        CHECK(exchange->type == "topic");
        CHECK(exchange->durable);
        with.far.send(1, x::declare_ok{});
        CHECK(with.far.expect<q::declare>()->queue == "kept");
        with.far.send(1, q::declare_ok{"kept"});
        CHECK(with.far.expect<q::bind>()->routing_key == "k");
        with.far.send(1, q::bind_ok{});
        with.far.expect<ch::close>();
        with.far.send(1, ch::close_ok{});
        const auto report = with.seen.recovered();
        CHECK(report.restored == 3);
        CHECK(report.failures.empty());
        CHECK(report.endpoint == "127.0.0.1:" + std::to_string(with.listener.port()));
    }

    TEST_CASE("what the broker refuses to declare again is reported, and the rest restored") {
        recovering with;
        with.request(q::declare{.queue = "one"}, q::declare_ok{"one"});
        with.request(q::declare{.queue = "two"}, q::declare_ok{"two"});
        with.lose_and_reconnect();
        with.far.open_channel();
        with.far.expect<q::declare>();
        with.far.send(1, ch::close{406, "PRECONDITION_FAILED - inequivalent arg", 50, 10});
        with.far.expect<ch::close_ok>();
        const auto channel = with.far.open_channel();
        CHECK(with.far.expect<q::declare>()->queue == "two");
        with.far.send(channel, q::declare_ok{"two"});
        const auto report = with.seen.recovered();
        CHECK(report.restored == 1);
        REQUIRE(report.failures.size() == 1);
        CHECK(report.failures[0].what == "queue.declare one");
        CHECK(report.failures[0].why.code == reply_code::precondition_failed);
        with.far.expect<ch::close>();
    }

    TEST_CASE("what the broker refused to declare at first is not declared again") {
        recovering with;
        auto asking = with.near.request(q::declare{.queue = "other"}, use_future);
        with.far.open_channel();
        with.far.expect<q::declare>();
        with.far.send(1, ch::close{406, "PRECONDITION_FAILED - inequivalent arg", 50, 10});
        with.far.expect<ch::close_ok>();
        CHECK(failure_of(std::move(asking)).code() == reply_code::precondition_failed);
        with.lose_and_reconnect();
        const auto report = with.seen.recovered();
        CHECK(report.restored == 0);
        CHECK(report.failures.empty());
    }

    TEST_CASE("a queue that the broker names has another name, and its consumer follows") {
        recovering with;
        with.request(q::declare{.exclusive = true}, q::declare_ok{"amq.gen-1"});
        const auto from = with.consume("amq.gen-1", 2);
        with.lose_and_reconnect();
        with.far.open_channel();
        CHECK(with.far.expect<q::declare>()->queue == "");
        with.far.send(1, q::declare_ok{"amq.gen-2"});
        with.far.expect<ch::close>();
        with.far.send(1, ch::close_ok{});
        CHECK(with.accept_consumer(2) == "amq.gen-2");
        const auto report = with.seen.recovered();
        REQUIRE(report.renamed.size() == 1);
        CHECK(report.renamed[0].from == "amq.gen-1");
        CHECK(report.renamed[0].to == "amq.gen-2");
        CHECK(report.consumers == 1);
    }

    TEST_CASE("a broker that does not answer while all is restored is left for another attempt") {
        recovering with;
        with.request(q::declare{.queue = "kept"}, q::declare_ok{"kept"});
        const auto from = with.consume("jobs", 2);
        auto waiting = from.next(use_future);
        for (const bool at_the_consumer : {false, true}) {
            CAPTURE(at_the_consumer);
            with.lose_and_reconnect();
            const auto channel = with.far.open_channel();
            with.far.expect<q::declare>();
            if (at_the_consumer) {
                with.far.send(channel, q::declare_ok{"kept"});
                with.far.expect<ch::close>();
                with.far.send(channel, ch::close_ok{});
                with.far.open_channel();
                with.far.expect<b::qos>();
            }
            // It answers neither this nor, first of all, the giving up of the channel.
            with.far.expect<ch::close>();
            with.far.expect_goodbye();
            with.reconnect();
            const auto again = with.far.open_channel();
            with.far.expect<q::declare>();
            with.far.send(again, q::declare_ok{"kept"});
            with.far.expect<ch::close>();
            with.far.send(again, ch::close_ok{});
            with.accept_consumer(2);
            CHECK(with.seen.recovered().failures.empty());
        }
        CHECK(!is_ready(waiting));
    }

    TEST_CASE("a connection that gives no channel any more is left, though it lives") {
        recovering with;
        const auto from = with.consume("jobs");
        auto opening = with.near.open_publisher({}, use_future);
        with.far.expect<ch::open>();
        with.far.expect<ch::close>(); // it was not answered in time, and this is not either
        with.far.expect_goodbye();
        with.reconnect();
        with.far.open_channel();
        with.far.open_channel();
        with.confirm_publisher(1);
        const auto to = take(std::move(opening));
        with.start_consumer(2);
        CHECK(with.seen.recovered().consumers == 1);
    }

    TEST_CASE("an answer that waits for a queue costs who asked, and the connection goes on") {
        recovering with;
        const auto to = with.open_publisher();
        auto opening = with.near.open_consumer("jobs", {}, use_future);
        const auto channel = with.far.open_channel();
        with.far.expect<b::qos>();
        with.far.send(channel, b::qos_ok{});
        with.far.expect<b::consume>();
        with.far.expect<ch::close>();
        with.far.send(channel, ch::close_ok{});
        CHECK(failure_of(std::move(opening)).code() == errc::request_timed_out);
        auto sent = with.publish(to, "task");
        CHECK(with.far.expect_message().body == "task");
        with.far.send(1, b::ack{1});
        CHECK(take(std::move(sent)).what() == kind::confirmed);
    }

    TEST_CASE("a consumer goes on; what it had from before is stale") {
        recovering with;
        const auto from = with.consume("jobs");
        with.deliver(1, "old");
        with.deliver(2, "not taken");
        const auto old = take(from.next(use_future));
        CHECK(old.body() == "old");
        with.lose_and_reconnect();
        with.accept_consumer();
        with.deliver(1, "old", true);
        const auto again = take(from.next(use_future));
        CHECK(again.body() == "old"); // and not what was never taken
        CHECK(again.redelivered());
        CHECK(again.delivery_tag() == old.delivery_tag());
        CHECK(take(from.ack(old, use_future)) == settle_result::stale);
        CHECK(take(from.ack(again, use_future)) == settle_result::sent);
        CHECK(with.far.expect<b::ack>()->delivery_tag == 1);
    }

    TEST_CASE("who waits for a delivery waits through the loss") {
        recovering with;
        const auto from = with.consume("jobs");
        auto waiting = from.next(use_future);
        with.lose_and_reconnect();
        CHECK(!is_ready(waiting));
        with.accept_consumer();
        with.deliver(1, "task");
        CHECK(take(std::move(waiting)).body() == "task");
    }

    TEST_CASE("a consumer whose cancel is under way at the loss does not begin anew") {
        recovering with;
        const auto from = with.consume("jobs");
        auto waiting = from.next(use_future);
        auto cancelling = from.cancel(use_future);
        with.far.expect<b::cancel>();
        with.lose();
        CHECK(failure_of(std::move(waiting)).code() == errc::consumer_cancelled);
        CHECK(failure_of(std::move(cancelling)).code() == errc::connection_lost);
        with.reconnect();
        CHECK(with.seen.recovered().consumers == 0);
    }

    TEST_CASE("a loss is told after what the lost connection has delivered") {
        constexpr int count = 64;
        int taken = 0; // these two belong to the client's thread
        int taken_at_loss = 0;
        client_options options;
        options.on_event = [&](const any_client_event& event) {
            if (std::holds_alternative<client_event::lost>(event))
                taken_at_loss = taken;
        };
        recovering with{options};
        const auto from = with.consume("jobs");
        for (int tag = 1; tag <= count; ++tag)
            from.next([&](std::error_code fault, const delivery&) {
                taken += fault ? 0 : 1;
                std::this_thread::sleep_for(5ms); // so slow that the loss comes in between
            });
        for (std::uint64_t tag = 1; tag <= count; ++tag)
            with.deliver(tag, "task");
        with.lose();
        CHECK(taken_at_loss == count);
    }

    TEST_CASE("a consumer whose queue is gone ends with the broker's words") {
        recovering with;
        const auto from = with.consume("jobs");
        auto waiting = from.next(use_future);
        with.lose_and_reconnect();
        with.far.open_channel();
        with.far.expect<b::qos>();
        with.far.send(1, b::qos_ok{});
        with.far.expect<b::consume>();
        with.far.send(1, ch::close{404, "NOT_FOUND - no queue 'jobs'", 60, 20});
        CHECK(failure_of(std::move(waiting)).code() == reply_code::not_found);
        const auto report = with.seen.recovered();
        CHECK(report.consumers == 0);
        REQUIRE(report.failures.size() == 1);
        CHECK(report.failures[0].what == "basic.consume jobs");
    }

    TEST_CASE("an error of its channel ends a consumer, and the connection goes on") {
        recovering with;
        const auto from = with.consume("jobs");
        auto waiting = from.next(use_future);
        with.far.send(1, ch::close{406, "PRECONDITION_FAILED - delivery acknowledgement", 0, 0});
        CHECK(failure_of(std::move(waiting)).code() == reply_code::precondition_failed);
    }

    TEST_CASE("a refused login ends it, also later") {
        recovering with;
        const auto from = with.consume("jobs");
        auto waiting = from.next(use_future);
        auto ended = with.near.wait_closed(use_future);
        with.lose();
        with.far = with.listener.accept();
        with.far.expect_header();
        with.far.send_start();
        with.far.expect<c::start_ok>();
        with.far.send(0, c::close{403, "ACCESS_REFUSED - Login was refused", 0, 0});
        CHECK(take(std::move(ended)).code == errc::login_refused);
        CHECK(failure_of(std::move(waiting)).code() == errc::login_refused);
        CHECK(failure_of(with.near.open_publisher({}, use_future)).code() ==
              errc::connection_closed);
    }

    TEST_CASE("reconnect_for zero: a loss is the end") {
        client_options options;
        options.recovery.reconnect_for = 0ms;
        recovering with{options};
        const auto to = with.open_publisher();
        auto sent = with.publish(to, "sent");
        with.far.expect_message();
        auto ended = with.near.wait_closed(use_future);
        with.far.hang_up();
        CHECK(take(std::move(sent)).what() == kind::unknown);
        CHECK(take(std::move(ended)).code == errc::connection_lost);
        CHECK(with.seen.is_empty()); // `lost` would promise another connection
        CHECK(take(with.publish(to, "late")).what() == kind::refused);
    }

    TEST_CASE("hosts are tried in turn, again after a pause, and a request meanwhile fails") {
        server dead;
        client_options options;
        options.recovery.pause_first = 1ms;
        recovering with{options, {{"127.0.0.1", dead.port(), false}}};
        with.lose();
        CHECK(failure_of(with.near.request(q::purge{.queue = "x"}, use_future)).code() ==
              errc::connection_lost);
        // The list goes on behind the host that was lost: first the other one.
        auto refusing = dead.accept();
        refusing.hang_up();
        with.reconnect();
        with.seen.recovered();
    }

    TEST_CASE("a new secret goes to the present connection, or nowhere") {
        recovering with;
        auto renewing = with.near.update_secret("token", "the old one expires", use_future);
        const auto method = with.far.expect<c::update_secret>();
        CHECK(method.channel == 0);
        CHECK(method->new_secret == "token");
        with.far.send(0, c::update_secret_ok{});
        take(std::move(renewing));
        with.lose();
        CHECK(failure_of(with.near.update_secret("token", "", use_future)).code() ==
              errc::connection_lost);
    }

    TEST_CASE("opened while there is no connection: open when there is one") {
        recovering with;
        with.lose();
        auto publishing = with.near.open_publisher({}, use_future);
        auto consuming = with.near.open_consumer("jobs", {}, use_future);
        with.reconnect();
        const auto first = with.far.open_channel();
        const auto second = with.far.open_channel();
        with.confirm_publisher(first);
        with.start_consumer(second);
        CHECK(take(std::move(publishing)));
        CHECK(take(std::move(consuming)));
    }

    TEST_CASE("closing while there is no connection") {
        recovering with;
        const auto from = with.consume("jobs");
        auto waiting = from.next(use_future);
        with.lose();
        take(with.near.close(use_future));
        CHECK(failure_of(std::move(waiting)).code() == errc::connection_closed);
    }

    TEST_CASE("an io_context that is destroyed in an outage leaves nothing behind") {
        auto held = std::make_shared<int>();
        {
            server listener;
            asio::io_context io;
            auto options = client_options{};
            options.connect = options_for(listener.port());
            std::thread far{[&] {
                auto peer = listener.accept();
                peer.open();
                peer.open_channel();
                peer.expect<spec::confirm::select>();
                peer.send(1, spec::confirm::select_ok{});
                peer.expect_message();
                peer.hang_up();
                io.stop();
            }};
            asio::co_spawn(
                io,
                [&, held]() -> asio::awaitable<void> {
                    const auto near = co_await client::open(io.get_executor(), options);
                    publisher_options again;
                    again.on_loss = on_loss::publish_again;
                    const auto to = co_await near.open_publisher(again);
                    const auto outcome = co_await to.publish({.routing_key = "q"}, {}, "x");
                    CHECK(held.use_count() == 0); // never reached
                },
                asio::detached);
            io.run();
            far.join();
        }
        CHECK(held.use_count() == 1);
    }
}
