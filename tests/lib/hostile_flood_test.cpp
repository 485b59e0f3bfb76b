#include <doctest/doctest.h>

#include <array>
#include <new>

#include <asio/post.hpp>

#include "hostile.hpp"

/// Servers that break no rule, or none at once, but never stop: what they can make us keep is
/// bounded, and the client can always leave.
using namespace taskwire;
using namespace taskwire::test;
namespace c = spec::connection;
namespace ch = spec::channel;
namespace b = spec::basic;

namespace {

constexpr std::size_t mebi = 1 << 20;

std::string many(std::string_view bytes, std::size_t size = 256 * 1024) {
    std::string result;
    while (result.size() < size)
        result += bytes;
    return result;
}

} // namespace

TEST_SUITE("hostile-flood") {
    TEST_CASE("a server that demands answers and reads none is left") {
        trusting with;
        std::string demand;
        SUBCASE("channel.flow") {
            demand = method(1, ch::flow{true});
        }
        SUBCASE("basic.cancel") {
            demand = method(1, b::cancel{"c"});
        }
        SUBCASE("deliveries of no consumer") {
            std::uint64_t tag = 0;
            auto ended = with.near.wait_closed(use_future);
            const peak_growth memory;
            std::string deliveries;
            do {
                deliveries.clear();
                while (deliveries.size() < 256 * 1024)
                    deliveries += delivery_of(++tag, "", "nobody");
            } while (tag < 10'000'000 && with.far.send_bytes(deliveries));
            CHECK(tag < 10'000'000);
            CHECK(take(std::move(ended)).code == errc::unexpected_method);
            CHECK(memory.bytes() < 4 * mebi);
            return;
        }
        auto ended = with.near.wait_closed(use_future);
        const auto demands = many(demand);
        const peak_growth memory;
        CHECK(with.far.flood(demands) < 256 * mebi);
        const auto why = take(std::move(ended));
        CHECK(why.code == errc::unexpected_method);
        CHECK(why.text == "the peer demands answers but does not read them");
        CHECK(memory.bytes() < 4 * mebi);
        CHECK(with.client.ended());
    }

    TEST_CASE("deliveries that nobody takes cost their channel") {
        std::string task;
        std::string text;
        std::size_t memory_max = 0;
        consumer_options how{.prefetch_count = 0};
        SUBCASE("because of their number") {
            task = "x";
            how.delivery_count_max = 10'000;
            memory_max = 16 * mebi;
            text = "more than delivery_count_max (10000) deliveries waited to be taken";
        }
        SUBCASE("because of their size") {
            task.assign(10'000, 'x');
            how.delivery_bytes_max = 4'000'000;
            memory_max = 16 * mebi;
            text = "more than delivery_bytes_max (4000000) bytes of deliveries waited to be taken";
        }
        trusting with{how};
        const peak_growth memory;
        for (std::uint64_t tag = 1; tag <= 10'001; ++tag)
            with.far.send_bytes(delivery_of(tag, task));
        CHECK(with.far.expect<ch::close>().channel == 1);
        with.far.send(1, ch::close_ok{});
        with.expect_healthy(); // and so it has seen close-ok
        const auto what = failure_of(with.from.next(use_future));
        CHECK(what.code() == errc::channel_closed);
        REQUIRE(what.reason() != nullptr);
        CHECK(what.reason()->text == text);
        CHECK(memory.bytes() < memory_max);
    }

    TEST_CASE("a body for which there is no memory ends the connection, and all are told") {
        auto options = options_for(0);
        options.protocol.handshake_timeout = 60s; // no old timer is what tells them
        options.protocol.request_timeout = 60s;
        trusting with{{}, options};
        auto ended = with.near.wait_closed(use_future);
        std::string body(64 * mebi, 'x');
        enum class how { as_view, moved, for_a_future } given{};
        SUBCASE("given as a view") {
            given = how::as_view;
        }
        SUBCASE("moved") {
            given = how::moved;
        }
        SUBCASE("moved, for a future") {
            given = how::for_a_future;
        }
        std::promise<bool> thrown;
        asio::post(with.to.get_executor(), [&] {
            const auto forget = [](const publish_outcome&) {};
            const allocation_limit limit{8 * 1024}; // less than its list of frames takes
            try {
                if (given == how::as_view)
                    with.to.publish({.routing_key = "q"}, {}, std::string_view{body}, forget);
                else if (given == how::moved)
                    with.to.publish({.routing_key = "q"}, {}, std::move(body), forget);
                else
                    with.to.publish({.routing_key = "q"}, {}, std::move(body), use_future);
                thrown.set_value(false);
            } catch (const std::bad_alloc&) {
                thrown.set_value(true);
            }
        });
        CHECK(take(thrown.get_future()));
        const auto why = take(std::move(ended));
        CHECK(why.code == errc::connection_lost);
        CHECK(why.text == "Cannot allocate memory");
        take(with.to.drain(use_future));
    }

    TEST_CASE("a handler for which there is no memory costs nothing but that handler") {
        trusting with;
        std::promise<bool> thrown;
        asio::post(with.from.get_executor(), [&] {
            const std::array<char, 64 * 1024> large{};
            const allocation_limit limit{sizeof large / 2};
            try {
                with.from.ack(delivery_id{}, [large](settle_result) { CHECK(large.empty()); });
                thrown.set_value(false);
            } catch (const std::bad_alloc&) {
                thrown.set_value(true);
            }
        });
        CHECK(take(thrown.get_future()));
        with.expect_healthy();
    }

    TEST_CASE("what never stops does not keep a client that wants to leave") {
        trusting with;
        std::string forever;
        SUBCASE("heartbeats") {
            forever = many(heartbeat());
        }
        SUBCASE("empty body frames") {
            with.far.send_bytes(method(1, b::deliver{"c", 1, false, "", "q"}) + header(1, 10));
            forever = many(body(1, ""));
        }
        SUBCASE("blocked and unblocked") {
            forever =
                many(method(0, c::blocked{std::string(255, 'x')}) + method(0, c::unblocked{}));
        }
        SUBCASE("confirms of nothing") {
            forever = many(method(2, b::ack{1, true}) + method(2, b::nack{99, false, false}));
        }
        SUBCASE("returns of nothing") {
            forever = many(message(2, b::return_{312, "NO_ROUTE", "", "q"}, "returned"));
        }
        const peak_growth memory;
        const auto half = std::chrono::steady_clock::now() + 200ms;
        while (std::chrono::steady_clock::now() < half)
            REQUIRE(with.far.send_bytes(forever));
        auto ended = with.near.wait_closed(use_future);
        const auto begin = std::chrono::steady_clock::now();
        auto closing = with.near.close(use_future);
        with.far.flood(forever);
        take(std::move(closing));
        CHECK(take(std::move(ended)).code == errc::close_timed_out);
        CHECK(std::chrono::steady_clock::now() - begin >= 300ms);
        CHECK(std::chrono::steady_clock::now() - begin < 5s);
        CHECK(memory.bytes() < 4 * mebi);
        CHECK(with.client.ended());
    }

    TEST_CASE("a server that asks to close and never reads the answer is left") {
        trusting with;
        auto ended = with.near.wait_closed(use_future);
        auto publishing = with.to.publish({.routing_key = "q"}, {}, std::string(8 * mebi, 'x'),
                                          use_future); // fills the socket
        with.far.send(0, c::close{320, "CONNECTION_FORCED", 0, 0});
        const auto begin = std::chrono::steady_clock::now();
        CHECK(take(std::move(ended)).code == reply_code::connection_forced);
        CHECK(std::chrono::steady_clock::now() - begin < 5s);
        CHECK(take(std::move(publishing)).what() == publish_outcome::kind::unknown);
        CHECK(with.client.ended());
    }

    TEST_CASE("channels that the server closes again and again stay few") {
        trusting with;
        const peak_growth memory;
        for (int i = 0; i < 2'000; ++i) {
            auto opening = with.near.open_channel(use_future);
            CHECK(with.far.open_channel() == 3);
            const auto opened = take(std::move(opening));
            auto asking = opened.request(spec::queue::purge{.queue = "q"}, use_future);
            with.far.expect<spec::queue::purge>();
            with.far.send(3, ch::close{404, "NOT_FOUND", 50, 30});
            with.far.expect<ch::close_ok>();
            CHECK(failure_of(std::move(asking)).code() == reply_code::not_found);
        }
        with.expect_healthy();
        CHECK(memory.bytes() < mebi);
    }
}
