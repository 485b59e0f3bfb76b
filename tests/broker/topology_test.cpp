#include <doctest/doctest.h>

#include "broker.hpp"

using namespace taskwire;
using namespace taskwire::test;
namespace q = spec::queue;
namespace x = spec::exchange;
namespace b = spec::basic;

namespace {

/// Publishes and waits for the confirm: what was routed is in its queue then.
void publish(on_broker& with, std::string_view exchange, std::string_view key, std::string body) {
    const auto to = with.open_publisher();
    const auto outcome = take(
        to.publish({.exchange = exchange, .routing_key = key}, {}, std::move(body), use_future));
    REQUIRE(outcome.confirmed());
}

bool starts_with(const taskwire::error& what, std::string_view text) {
    return std::string_view{what.what()}.starts_with(text);
}

} // namespace

TEST_SUITE("topology") {
    TEST_CASE("a wrong password is a refused login, with the server's words") {
        client_thread client;
        auto options = shared_broker();
        options.protocol.credentials = {"guest", "wrong"};
        const auto what = failure_of(connection::connect(client.executor(), options, use_future));
        CHECK(what.code() == errc::login_refused);
        CHECK(starts_with(what, "login refused: ACCESS_REFUSED - Login was refused"));
        REQUIRE(what.reason() != nullptr);
        CHECK(what.reason()->by_peer);
        CHECK(client.ended());
    }

    TEST_CASE("an unknown vhost is not allowed") {
        client_thread client;
        auto options = shared_broker();
        options.protocol.virtual_host = "nowhere";
        const auto what = failure_of(connection::connect(client.executor(), options, use_future));
        CHECK(what.code() == reply_code::not_allowed);
        CHECK(starts_with(what, "NOT_ALLOWED - vhost nowhere not found"));
        CHECK(client.ended());
    }

    TEST_CASE("declaring with other arguments is 406, and costs the channel only") {
        on_broker with;
        const std::string queue = "declared twice";
        const auto channel = with.open_channel();
        take(channel.request(q::declare{.queue = queue, .exclusive = true}, use_future));
        const auto what = failure_of(channel.request(
            q::declare{.queue = queue, .exclusive = true, .auto_delete = true}, use_future));
        CHECK(what.code() == reply_code::precondition_failed);
        CHECK(starts_with(what, "PRECONDITION_FAILED - inequivalent arg 'auto_delete' for queue"));
        REQUIRE(what.reason() != nullptr);
        CHECK(what.reason()->method == q::declare::id);
        CHECK(with.count(queue) == 0);
    }

    TEST_CASE("a missing queue is 404") {
        on_broker with;
        const auto channel = with.open_channel();
        const auto what = failure_of(
            channel.request(q::declare{.queue = "missing", .passive = true}, use_future));
        CHECK(what.code() == reply_code::not_found);
        CHECK(std::string{what.what()} == "NOT_FOUND - no queue 'missing' in vhost '/'");
        const auto again = failure_of(consumer::open(with.near, "missing", {}, use_future));
        CHECK(again.code() == reply_code::not_found);
    }

    TEST_CASE("bind, unbind, purge and delete do what they say") {
        on_broker with;
        const auto channel = with.open_channel();
        const auto queue = with.new_queue();
        const std::string first = "first of " + queue;
        const std::string second = "second of " + queue;
        take(channel.request(x::declare{.exchange = first, .type = "topic"}, use_future));
        take(channel.request(x::declare{.exchange = second, .type = "fanout"}, use_future));
        take(channel.request(x::bind{.destination = second, .source = first, .routing_key = "a.*"},
                             use_future));
        take(channel.request(q::bind{.queue = queue, .exchange = second}, use_future));
        publish(with, first, "a.b", "through both");
        publish(with, first, "b.b", "nowhere");
        CHECK(with.count(queue) == 1);
        take(channel.request(
            x::unbind{.destination = second, .source = first, .routing_key = "a.*"}, use_future));
        publish(with, first, "a.b", "nowhere");
        publish(with, second, "", "through one");
        CHECK(with.count(queue) == 2);
        take(channel.request(q::unbind{.queue = queue, .exchange = second}, use_future));
        publish(with, second, "", "nowhere");
        CHECK(take(channel.request(q::purge{.queue = queue}, use_future))->message_count == 2);
        publish(with, "", queue, "last");
        CHECK(take(channel.request(q::delete_{.queue = queue}, use_future))->message_count == 1);
        take(channel.request(x::delete_{.exchange = first}, use_future));
        take(channel.request(x::delete_{.exchange = second}, use_future));
        CHECK(
            failure_of(channel.request(x::declare{.exchange = first, .passive = true}, use_future))
                .code() == reply_code::not_found);
    }

    TEST_CASE("arguments reach the broker: a queue's length is limited by its table") {
        on_broker with;
        const auto channel = with.open_channel();
        table arguments;
        arguments.append("x-max-length", std::int32_t{2});
        const auto declared = take(
            channel.request(q::declare{.exclusive = true, .arguments = arguments}, use_future));
        for (const char* body : {"one", "two", "three"})
            publish(with, "", declared->queue, body);
        CHECK(with.count(declared->queue) == 2);
    }

    TEST_CASE("get, and get from an empty queue") {
        on_broker with;
        const auto channel = with.open_channel();
        const auto queue = with.new_queue();
        CHECK(take(channel.request(b::get{.queue = queue}, use_future)).empty);
        publish(with, "", queue, "one");
        publish(with, "", queue, "two");
        const auto one = take(channel.request(b::get{.queue = queue}, use_future));
        REQUIRE(!one.empty);
        CHECK(one.message.body() == "one");
        CHECK(one.message.routing_key() == queue);
        CHECK(!one.message.redelivered());
        CHECK(one.message_count == 1);
        CHECK(take(channel.send(b::nack{one.message.delivery_tag(), false, true}, use_future)) ==
              settle_result::sent);
        const auto again =
            take(channel.request(b::get{.queue = queue, .no_ack = true}, use_future));
        CHECK(again.message.body() == "one");
        CHECK(again.message.redelivered());
        CHECK(take(channel.send(b::ack{again.message.delivery_tag()}, use_future)) ==
              settle_result::unknown);
        CHECK(take(channel.request(q::purge{.queue = queue}, use_future))->message_count == 1);
    }

    TEST_CASE("a transaction is all or nothing") {
        on_broker with;
        const auto channel = with.open_channel();
        const auto queue = with.new_queue();
        take(channel.request(spec::tx::select{}, use_future));
        for (const char* body : {"one", "two"})
            take(channel.publish({.routing_key = queue}, {}, body, use_future));
        take(channel.request(spec::tx::rollback{}, use_future));
        CHECK(with.count(queue) == 0);
        for (const char* body : {"three", "four", "five"})
            take(channel.publish({.routing_key = queue}, {}, body, use_future));
        take(channel.request(q::declare{.queue = queue, .passive = true}, use_future));
        CHECK(with.count(queue) == 0);
        take(channel.request(spec::tx::commit{}, use_future));
        CHECK(with.count(queue) == 3);
    }
}
