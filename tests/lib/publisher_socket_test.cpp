#include <doctest/doctest.h>

#include <asio/post.hpp>

#include "publishing.hpp"

using namespace taskwire;
using namespace taskwire::test;
namespace b = spec::basic;

TEST_SUITE("publisher") {
    TEST_CASE("before a server that does not read, messages wait though the window has room") {
        constexpr std::size_t count = 500; // more than both sockets hold
        const std::string body(100'000, 'x');
        std::size_t refused = 0;
        std::size_t confirmed = 0;
        std::promise<std::size_t> filled;
        std::promise<std::size_t> settled;
        publisher_options limits;
        limits.unconfirmed_bytes_max = std::size_t{1} << 30U;
        limits.unsent_bytes_max = 200'000;
        limits.waiting_count_max = 1;
        publishing with{limits};
        // With callbacks: a future's value comes by another thread, in no order.
        asio::post(with.to.get_executor(), [&] {
            for (std::size_t i = 0; i < count; ++i)
                with.to.publish({.routing_key = "q"}, {}, body,
                                [&](const publish_outcome& outcome) {
                                    confirmed += outcome.confirmed();
                                    refused += outcome.code() == errc::window_full;
                                    if (confirmed + refused == count)
                                        settled.set_value(confirmed);
                                });
            with.to.publish({.routing_key = "q"}, {}, body, [&](const publish_outcome& outcome) {
                if (outcome.code() == errc::window_full)
                    filled.set_value(count - refused);
            });
        });
        const auto published = take(filled.get_future());
        REQUIRE(published < count);
        auto room = with.to.ready(use_future);
        for (std::size_t i = 0; i < published; ++i)
            with.expect(body);
        take(std::move(room));
        with.far.send(1, b::ack{published, true});
        CHECK(take(settled.get_future()) == published);
    }

    TEST_CASE("a body given as a view is the caller's own again, though the socket is full") {
        constexpr std::size_t count = 150; // more than both sockets hold
        const std::string expected(300'000, 'x');
        std::size_t left = count;
        std::promise<void> published;
        std::promise<void> confirmed;
        publisher_options limits;
        limits.unsent_bytes_max = limits.unconfirmed_bytes_max = std::size_t{1} << 30U;
        publishing with{limits};
        asio::post(with.to.get_executor(), [&] {
            for (std::size_t i = 0; i < count; ++i) {
                std::string body = expected;
                with.to.publish({.routing_key = "q"}, {}, std::string_view{body},
                                [&](const publish_outcome& outcome) {
                                    if (outcome.confirmed() && --left == 0)
                                        confirmed.set_value();
                                });
                body.assign(body.size(), '!');
            }
            published.set_value();
        });
        take(published.get_future());
        for (std::size_t i = 0; i < count; ++i)
            CHECK((with.far.expect_message().body == expected));
        with.far.send(1, b::ack{count, true});
        take(confirmed.get_future());
    }
}
