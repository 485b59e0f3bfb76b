#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <taskwire/consumer.hpp>
#include <taskwire/publisher.hpp>

#include "client.hpp"
#include "obedient.hpp"

/// When completions run, for those who call from the connection's own strand.
using namespace taskwire;
using namespace taskwire::test;
using asio::awaitable;

namespace {

using task = awaitable<void> (*)(connection on);

awaitable<void> with_connection(std::uint16_t port, task what) {
    const auto options = options_for(port);
    const auto on = co_await connection::connect(co_await asio::this_coro::executor, options);
    co_await what(on);
    co_await on.close();
}

/// Runs `what` on the strand of its connection; returns how many exceptions handlers let out.
int run_on_strand(task what) {
    obedient broker;
    asio::io_context io;
    const strand mine = asio::make_strand(asio::any_io_executor{io.get_executor()});
    std::exception_ptr failed;
    bool ended = false;
    asio::co_spawn(mine, with_connection(broker.port(), what), [&](std::exception_ptr thrown) {
        failed = thrown;
        ended = true;
    });
    int thrown = 0;
    while (!io.stopped()) {
        try {
            io.run_for(patience);
            break;
        } catch (const std::runtime_error&) {
            ++thrown;
        }
    }
    if (failed)
        std::rethrow_exception(failed);
    CHECK(ended);
    CHECK(io.stopped());
    return thrown;
}

} // namespace

TEST_SUITE("turn") {
    TEST_CASE("on the strand too, no completion runs inside the call that starts it") {
        run_on_strand([](connection on) -> awaitable<void> {
            const auto to = co_await publisher::open(on);
            int completed = 0;
            const std::string too_long(256, 'k');
            to.publish({.routing_key = too_long}, {}, "x", [&](const publish_outcome& outcome) {
                CHECK(outcome.what() == publish_outcome::kind::refused);
                ++completed;
            });
            to.publish({.routing_key = "q"}, {}, "x", [&](const publish_outcome& outcome) {
                CHECK(outcome.confirmed());
                ++completed;
            });
            to.ready([&](std::error_code) { ++completed; });
            CHECK(completed == 0);
            co_await to.drain();
            co_await asio::post(on.get_executor(), asio::use_awaitable);
            CHECK(completed == 3);
        });
    }

    TEST_CASE("below the window ready does not suspend, above it does") {
        run_on_strand([](connection on) -> awaitable<void> {
            publisher_options limits;
            limits.unconfirmed_count_max = 2;
            const auto to = co_await publisher::open(on, limits);
            co_await asio::post(on.get_executor(), asio::use_awaitable);
            int confirmed = 0;
            const auto count = [&](const publish_outcome& outcome) {
                confirmed += outcome.confirmed() ? 1 : 0;
            };
            to.publish({.routing_key = "q"}, {}, "one", count);
            co_await to.ready();
            CHECK(confirmed <= 1);
            to.publish({.routing_key = "q"}, {}, "two", count);
            co_await to.ready();
            CHECK(confirmed >= 1);
            co_await to.drain();
        });
    }

    TEST_CASE("a handler that throws costs no other one its completion") {
        static int completed;
        completed = 0;
        const auto thrown = run_on_strand([](connection on) -> awaitable<void> {
            const auto to = co_await publisher::open(on);
            for (int i = 0; i < 10; ++i)
                to.publish({.routing_key = "q"}, {}, "x", [i](const publish_outcome&) {
                    ++completed;
                    if (i % 3 == 0)
                        throw std::runtime_error{"a user's fault"};
                });
            co_await to.drain();
        });
        CHECK(thrown == 4);
        CHECK(completed == 10);
    }
}
