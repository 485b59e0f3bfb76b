#include <doctest/doctest.h>

#include "recovering.hpp"

/// What becomes of messages when a client's connection, or only their channel, is lost.
using namespace taskwire;
using namespace taskwire::test;
namespace ch = spec::channel;
namespace b = spec::basic;
using kind = publish_outcome::kind;

TEST_SUITE("client") {
    TEST_CASE("what is unconfirmed is unknown, what waits goes out on the next connection") {
        recovering with;
        publisher_options limits;
        limits.unconfirmed_count_max = 1;
        const auto to = with.open_publisher(limits);
        auto sent = with.publish(to, "sent");
        auto waits = with.publish(to, "waits");
        CHECK(with.far.expect_message().body == "sent");
        with.lose();
        const auto outcome = take(std::move(sent));
        CHECK(outcome.what() == kind::unknown);
        CHECK(outcome.code() == errc::connection_lost);
        with.reconnect();
        with.accept_publisher();
        CHECK(with.far.expect_message().body == "waits");
        with.far.send(1, b::ack{1, false});
        CHECK(take(std::move(waits)).confirmed());
    }

    TEST_CASE("publish_again: in order, with the same properties, before what was never sent") {
        recovering with;
        publisher_options limits;
        limits.unconfirmed_count_max = 3;
        limits.on_loss = on_loss::publish_again;
        const auto to = with.open_publisher(limits);
        std::vector<std::future<publish_outcome>> outcomes;
        for (const char* body : {"1", "2", "3", "4", "5"})
            outcomes.push_back(with.publish(to, body));
        for (const char* body : {"1", "2", "3"})
            CHECK(with.far.expect_message().body == body);
        with.far.send(1, b::ack{2, false});
        CHECK(with.far.expect_message().body == "4");
        CHECK(take(std::move(outcomes[1])).confirmed());
        with.lose(); // and "5" was never sent
        outcomes.push_back(with.publish(to, "6")); // while there is no connection
        with.reconnect();
        with.accept_publisher();
        for (const char* body : {"1", "3", "4"}) {
            const auto again = with.far.expect_message();
            CHECK(again.body == body);
            CHECK(again.properties().message_id == std::string{"id of "} + body);
        }
        with.far.send(1, b::ack{3, true});
        for (const char* body : {"5", "6"})
            CHECK(with.far.expect_message().body == body);
        with.far.send(1, b::ack{5, true});
        for (const std::size_t each : {0U, 2U, 3U, 4U, 5U})
            CHECK(take(std::move(outcomes[each])).confirmed());
    }

    TEST_CASE("publish_again: a return on the lost connection says nothing about the next one") {
        recovering with;
        publisher_options limits;
        limits.on_loss = on_loss::publish_again;
        limits.unconfirmed_count_max = 1;
        const auto to = with.open_publisher(limits);
        auto task =
            to.publish({.routing_key = "q", .mandatory = true}, {}, "a long task", use_future);
        const auto first = with.far.expect_message();
        with.far.send_message(1, b::return_{312, "NO_ROUTE", "", "q"}, first.properties(),
                              first.body);
        with.lose_and_reconnect();
        with.accept_publisher();
        CHECK(with.far.expect_message().body == "a long task");
        auto next = with.publish(to, "next"); // the window is full
        auto last = with.publish(to, "last"); // what waits is counted by its bytes
        with.far.send(1, b::ack{1, false});
        CHECK(take(std::move(task)).confirmed());
        CHECK(with.far.expect_message().body == "next");
        with.far.send(1, b::ack{2, false});
        CHECK(take(std::move(next)).confirmed());
        CHECK(with.far.expect_message().body == "last");
        with.far.send(1, b::ack{3, false});
        CHECK(take(std::move(last)).confirmed());
    }

    TEST_CASE("publish_again: time to be confirmed stands still in an outage and begins anew") {
        recovering with;
        publisher_options limits;
        limits.confirm_timeout = 1s;
        const auto reporting = with.open_publisher(limits);
        limits.on_loss = on_loss::publish_again;
        const auto keeping = with.open_publisher(limits);
        auto kept = with.publish(keeping, "kept");
        with.far.expect_message();
        with.lose();
        const auto late = take(with.publish(reporting, "late")); // its time is up, and kept's was
        CHECK(late.what() == kind::refused);
        CHECK(late.code() == errc::request_timed_out);
        CHECK(!is_ready(kept));
        with.reconnect();
        const auto first = with.far.open_channel();
        const auto second = with.far.open_channel();
        with.confirm_publisher(first);
        with.confirm_publisher(second);
        CHECK(with.far.expect_message().body == "kept");
        with.far.send(second, b::ack{1, false});
        CHECK(take(std::move(kept)).confirmed());
    }

    TEST_CASE("an error of its channel costs a publisher what was under way, and nothing else") {
        recovering with;
        publisher_options limits;
        limits.unconfirmed_count_max = 1;
        limits.on_loss = on_loss::publish_again; // not this: it may be the cause
        const auto to = with.open_publisher(limits);
        auto culprit = with.publish(to, "too large");
        auto next = with.publish(to, "next");
        with.far.expect_message();
        with.far.send(1, ch::close{406, "PRECONDITION_FAILED - message size", 60, 40});
        with.far.expect<ch::close_ok>();
        with.accept_publisher();
        CHECK(take(std::move(culprit)).code() == reply_code::precondition_failed);
        const auto message = with.far.expect_message();
        CHECK(message.body == "next");
        with.far.send(message.channel, b::ack{1, false});
        CHECK(take(std::move(next)).confirmed());
    }

    TEST_CASE("without handles it ends, once what was published has its outcome") {
        recovering with;
        publisher_options limits;
        limits.on_loss = on_loss::publish_again;
        auto to = with.open_publisher(limits);
        with.near = {};
        auto sent = with.publish(to, "sent");
        with.far.expect_message();
        with.lose();
        to = {};
        with.reconnect();
        with.accept_publisher();
        CHECK(with.far.expect_message().body == "sent");
        with.far.send(1, b::ack{1, false});
        CHECK(take(std::move(sent)).confirmed());
        with.far.expect<ch::close>();
        with.far.send(1, ch::close_ok{});
        with.far.expect_goodbye();
        CHECK(with.runner.ended());
    }
}
