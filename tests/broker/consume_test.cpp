#include <doctest/doctest.h>

#include "broker.hpp"

using namespace taskwire;
using namespace taskwire::test;
namespace q = spec::queue;
namespace b = spec::basic;

namespace {

void fill(on_broker& with, std::string_view queue, int count) {
    const auto to = with.open_publisher();
    for (int i = 1; i <= count; ++i)
        REQUIRE(take(to.publish({.routing_key = queue}, {}, std::to_string(i), use_future))
                    .confirmed());
}

} // namespace

TEST_SUITE("consume") {
    TEST_CASE("bodies of every critical size go through the broker, byte for byte") {
        constexpr std::size_t frame_max = 131'072; // the broker's default, and ours
        on_broker with;
        const auto queue = with.new_queue();
        const auto to = with.open_publisher();
        const auto from = with.consume(queue);
        for (const std::size_t size : {std::size_t{0}, std::size_t{1}, frame_max - 8, frame_max - 7,
                                       2 * (frame_max - 8), std::size_t{10} << 20U}) {
            CAPTURE(size);
            std::string body(size, '\0');
            std::uint32_t state = 1;
            for (auto& each : body) {
                state = state * 1'664'525U + 1'013'904'223U;
                each = static_cast<char>(state >> 24U);
            }
            auto outcome = to.publish({.routing_key = queue}, {}, body, use_future);
            const auto message = take(from.next(use_future));
            CHECK(message.body().size() == size);
            CHECK((message.body() == body));
            CHECK(take(from.ack(message, use_future)) == settle_result::sent);
            CHECK(take(std::move(outcome)).confirmed());
        }
        CHECK(with.count(queue) == 0);
    }

    TEST_CASE("properties come back as they went") {
        on_broker with;
        const auto queue = with.new_queue();
        table headers;
        headers.append("x-text", "text");
        headers.append("x-number", std::int64_t{-7});
        const b::properties sent{.content_type = "text/plain",
                                 .content_encoding = "identity",
                                 .headers = headers,
                                 .delivery_mode = std::uint8_t{2},
                                 .priority = std::uint8_t{3},
                                 .correlation_id = "c",
                                 .reply_to = "r",
                                 .expiration = "60000",
                                 .message_id = "m",
                                 .timestamp = std::uint64_t{1'700'000'000},
                                 .type = "t",
                                 .user_id = "guest",
                                 .app_id = "a"};
        const auto to = with.open_publisher();
        CHECK(take(to.publish({.routing_key = queue}, sent, "x", use_future)).confirmed());
        const auto from = with.consume(queue);
        const auto message = take(from.next(use_future));
        CHECK((message.properties() == sent));
    }

    TEST_CASE("an ack twice is a typed result and never reaches the wire") {
        on_broker with;
        const auto queue = with.new_queue();
        fill(with, queue, 2);
        const auto from = with.consume(queue);
        const auto one = take(from.next(use_future));
        CHECK(take(from.ack(one, use_future)) == settle_result::sent);
        CHECK(take(from.ack(one, use_future)) == settle_result::unknown);
        CHECK(take(from.reject(one, true, use_future)) == settle_result::unknown);
        // The broker answers a second settlement with 406 and closes the channel: it lives.
        take(from.request(q::declare{.queue = queue, .passive = true}, use_future));
        const auto two = take(from.next(use_future));
        CHECK(two.body() == "2");
        CHECK(take(from.ack(two, use_future)) == settle_result::sent);
        take(from.request(q::declare{.queue = queue, .passive = true}, use_future));
    }

    TEST_CASE("an ack for a delivery of a closed channel never reaches the wire") {
        on_broker with;
        const auto queue = with.new_queue();
        fill(with, queue, 1);
        const auto from = with.consume(queue);
        const auto old = take(from.next(use_future));
        const auto number = old.channel().number;
        take(from.close(use_future));
        CHECK(take(from.ack(old, use_future)) == settle_result::stale);

        // The same channel number again, with the same tag outstanding: an ack that came through
        // would settle this delivery, and the next one would be answered with 406.
        const auto again = with.consume(queue);
        const auto fresh = take(again.next(use_future));
        REQUIRE(fresh.channel().number == number);
        REQUIRE(fresh.delivery_tag() == old.delivery_tag());
        CHECK(fresh.redelivered());
        CHECK(take(again.ack(old, use_future)) == settle_result::stale);
        CHECK(take(from.ack(old, use_future)) == settle_result::stale);
        take(again.request(q::declare{.queue = queue, .passive = true}, use_future));
        take(again.close(use_future));
        CHECK(with.count(queue) == 1); // still there: nothing was acknowledged
    }

    TEST_CASE("a prefetch of one is honoured") {
        on_broker with;
        const auto queue = with.new_queue();
        fill(with, queue, 3);
        const auto from = with.consume(queue, {.prefetch_count = 1});
        const auto one = take(from.next(use_future));
        auto next = from.next(use_future);
        CHECK(with.count(queue) == 2);
        CHECK(!is_ready(next));
        take(from.ack(one, use_future));
        const auto two = take(std::move(next));
        CHECK(two.body() == "2");
        CHECK(with.count(queue) == 1);
    }

    TEST_CASE("a prefetch of three brings three") {
        on_broker with;
        const auto queue = with.new_queue();
        fill(with, queue, 5);
        const auto from = with.consume(queue, {.prefetch_count = 3});
        for (const char* body : {"1", "2", "3"})
            CHECK(take(from.next(use_future)).body() == body);
        CHECK(with.count(queue) == 2);
    }

    TEST_CASE("deleting the queue ends the consumer") {
        on_broker with;
        const auto queue = with.new_queue();
        const auto from = with.consume(queue);
        auto next = from.next(use_future);
        const auto channel = with.open_channel();
        take(channel.request(q::delete_{.queue = queue}, use_future));
        CHECK(failure_of(std::move(next)).code() == errc::consumer_cancelled);
        take(from.close(use_future));
    }

    TEST_CASE("a cancelled consumer's deliveries can be settled, the rest stays") {
        on_broker with;
        const auto queue = with.new_queue();
        fill(with, queue, 3);
        const auto from = with.consume(queue, {.prefetch_count = 2});
        const auto one = take(from.next(use_future));
        take(from.cancel(use_future));
        const auto two = take(from.next(use_future));
        CHECK(failure_of(from.next(use_future)).code() == errc::consumer_cancelled);
        CHECK(take(from.ack(one, use_future)) == settle_result::sent);
        CHECK(take(from.nack(two, true, use_future)) == settle_result::sent);
        take(from.close(use_future));
        CHECK(with.count(queue) == 2);
    }

    TEST_CASE("an exclusive consumer shuts others out") {
        on_broker with;
        const auto queue = with.new_queue();
        const auto from = with.consume(queue, {.exclusive = true});
        const auto what = failure_of(consumer::open(with.near, queue, {}, use_future));
        CHECK(what.code() == reply_code::access_refused);
    }
}
