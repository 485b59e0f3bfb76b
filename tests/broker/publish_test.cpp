#include <doctest/doctest.h>

#include <atomic>
#include <vector>

#include "broker.hpp"

using namespace taskwire;
using namespace taskwire::test;
namespace q = spec::queue;
using kind = publish_outcome::kind;

TEST_SUITE("publish") {
    TEST_CASE("10,000 messages in the pipeline: each is confirmed, and all are there, in order") {
        constexpr int count = 10'000;
        on_broker with;
        const auto queue = with.new_queue();
        const auto to = with.open_publisher();
        std::atomic<int> confirmed = 0;
        for (int i = 0; i < count; ++i)
            to.publish({.routing_key = queue}, {}, std::to_string(i),
                       [&](const publish_outcome& what) { confirmed += what.confirmed() ? 1 : 0; });
        take(to.drain(use_future));
        take(to.close(use_future));
        CHECK(confirmed == count);
        CHECK(with.count(queue) == count);
        const auto from = with.consume(queue, {.prefetch_count = 0, .no_ack = true});
        bool in_order = true;
        for (int i = 0; i < count; ++i)
            in_order = in_order && take(from.next(use_future)).body() == std::to_string(i);
        CHECK(in_order);
    }

    TEST_CASE("mandatory messages that no queue takes come back, each to its own publish") {
        on_broker with;
        const auto queue = with.new_queue();
        const std::string nowhere_name = "nowhere of " + queue;
        const std::string_view nowhere = nowhere_name;
        const auto channel = with.open_channel();
        take(channel.request(
            spec::exchange::declare{.exchange = nowhere, .type = "fanout", .auto_delete = true},
            use_future));
        const auto to = with.open_publisher();
        std::vector<std::future<publish_outcome>> outcomes;
        for (int i = 0; i < 400; ++i) {
            const std::string_view exchange = i % 4 >= 2 ? nowhere : "";
            const std::string_view key = i % 4 == 0 ? std::string_view{queue} : "missing";
            const spec::basic::publish method{
                .exchange = exchange, .routing_key = key, .mandatory = i % 4 != 3};
            outcomes.push_back(to.publish(method, {}, "x", use_future));
        }
        int wrong = 0;
        for (int i = 0; i < 400; ++i) {
            const auto outcome = take(std::move(outcomes[static_cast<std::size_t>(i)]));
            const bool returns = i % 4 == 1 || i % 4 == 2;
            wrong += outcome.what() != (returns ? kind::returned : kind::confirmed) ? 1 : 0;
            if (returns) {
                wrong += outcome.code() != reply_code::no_route ? 1 : 0;
                wrong += outcome.text() != "NO_ROUTE" ? 1 : 0;
            }
        }
        CHECK(wrong == 0);
        CHECK(with.count(queue) == 100);
    }

    TEST_CASE("a full queue that rejects is a nack") {
        on_broker with;
        const auto channel = with.open_channel();
        table arguments;
        arguments.append("x-max-length", std::int32_t{1});
        arguments.append("x-overflow", "reject-publish");
        const auto declared = take(
            channel.request(q::declare{.exclusive = true, .arguments = arguments}, use_future));
        const auto to = with.open_publisher();
        CHECK(take(to.publish({.routing_key = declared->queue}, {}, "x", use_future)).confirmed());
        const auto second = take(to.publish({.routing_key = declared->queue}, {}, "x", use_future));
        CHECK(second.what() == kind::nacked);
    }

    TEST_CASE("a missing exchange: what was sent is unknown, with the broker's words") {
        on_broker with;
        const auto to = with.open_publisher();
        const auto outcome =
            take(to.publish({.exchange = "missing", .routing_key = "k"}, {}, "x", use_future));
        CHECK(outcome.what() == kind::unknown);
        CHECK(outcome.code() == reply_code::not_found);
        CHECK(outcome.text() == "NOT_FOUND - no exchange 'missing' in vhost '/'");
        CHECK(take(to.publish({.routing_key = "k"}, {}, "x", use_future)).what() == kind::refused);
    }
}
