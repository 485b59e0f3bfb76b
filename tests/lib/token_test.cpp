#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>

#include <taskwire/consumer.hpp>
#include <taskwire/publisher.hpp>

#include "client.hpp"
#include "obedient.hpp"

/// Every kind of completion token, and many threads.
using namespace taskwire;
using namespace taskwire::test;
using namespace asio::experimental::awaitable_operators;
using asio::awaitable;
namespace q = spec::queue;
namespace b = spec::basic;

namespace {

/// Runs a coroutine to its end and lets its exception out.
void run(awaitable<void> (*what)(std::uint16_t port), std::uint16_t port) {
    asio::io_context io;
    std::exception_ptr thrown;
    bool done = false;
    asio::co_spawn(io, what(port), [&](std::exception_ptr error) {
        thrown = error;
        done = true;
    });
    io.run_for(10s);
    if (thrown)
        std::rethrow_exception(thrown);
    CHECK(done);
    CHECK(io.stopped());
}

awaitable<connection> connect(std::uint16_t port) {
    const auto options = options_for(port);
    co_return co_await connection::connect(co_await asio::this_coro::executor, options);
}

} // namespace

TEST_SUITE("token") {
    TEST_CASE("use_awaitable, as_tuple, redirect_error, detached") {
        obedient broker;
        run(
            [](std::uint16_t port) -> awaitable<void> {
                const auto on = co_await connect(port);
                const auto channel = co_await on.open_channel();
                const auto declared = co_await channel.request(q::declare{.queue = "q"});
                CHECK(declared->queue == "q");
                std::error_code fault;
                co_await channel.close(asio::redirect_error(asio::use_awaitable, fault));
                CHECK(!fault);
                const auto [late, nothing] = co_await channel.request(
                    q::declare{.queue = "q"}, asio::experimental::as_tuple(asio::use_awaitable));
                CHECK(late == errc::channel_closed);
                CHECK(nothing->queue.empty());
                bool thrown = false;
                try {
                    co_await channel.request(q::declare{.queue = "q"});
                } catch (const taskwire::error& what) {
                    thrown = true;
                    CHECK(what.code() == errc::channel_closed);
                    CHECK(std::string{what.what()} == "the channel is closed");
                }
                CHECK(thrown);
                const auto to = co_await publisher::open(on);
                to.publish({.routing_key = "q"}, {}, "x", asio::detached);
                const auto outcome = co_await to.publish({.routing_key = "q"}, {}, "x");
                CHECK(outcome.confirmed());
                co_await on.close();
            },
            broker.port());
    }

    TEST_CASE("next, or a timer: the loser is cancelled and takes nothing along") {
        obedient broker;
        run(
            [](std::uint16_t port) -> awaitable<void> {
                const auto on = co_await connect(port);
                const auto from = co_await consumer::open(on, "q");
                const auto first = co_await from.next();
                asio::steady_timer soon{co_await asio::this_coro::executor, 20ms};
                const auto won = co_await (from.next() || soon.async_wait(asio::use_awaitable));
                CHECK(won.index() == 1);
                CHECK((co_await from.ack(first)) == settle_result::sent);
                co_await on.close();
            },
            broker.port());
        CHECK(broker.acknowledged() == 1);
    }

    TEST_CASE("a handler runs on its own executor") {
        obedient broker;
        client_thread client;
        asio::thread_pool other{1};
        std::promise<std::thread::id> ran;
        connection near;
        const auto options = options_for(broker.port());
        connection::connect(client.executor(), options,
                            asio::bind_executor(other, [&](std::error_code, connection opened) {
                                near = std::move(opened);
                                ran.set_value(std::this_thread::get_id());
                            }));
        const auto where = take(ran.get_future());
        std::promise<std::thread::id> pool;
        asio::post(other, [&] { pool.set_value(std::this_thread::get_id()); });
        CHECK(where == take(pool.get_future()));
        take(near.close(use_future));
        other.join();
    }

    TEST_CASE("on a strand of the caller, handles can be used at once") {
        obedient broker;
        asio::io_context io;
        const strand mine = asio::make_strand(asio::any_io_executor{io.get_executor()});
        bool declared = false;
        connection near;
        channel on;
        const auto options = options_for(broker.port());
        connection::connect(mine, options, [&](std::error_code, connection opened) {
            CHECK(mine.running_in_this_thread());
            near = std::move(opened);
            CHECK(near.get_executor() == mine);
            near.open_channel([&](std::error_code, channel other) {
                on = std::move(other);
                on.request(q::declare{.queue = "q"},
                           [&](std::error_code, const reply<q::declare>& answer) {
                               declared = answer->queue == "q";
                               near.close([](std::error_code) {});
                           });
            });
        });
        io.run_for(5s);
        CHECK(declared);
    }

    TEST_CASE("many threads use the same handles") {
        constexpr int threads = 4;
        constexpr int each = 250;
        obedient broker;
        asio::io_context io;
        auto work = asio::make_work_guard(io);
        std::vector<std::thread> runners;
        for (int i = 0; i < 2; ++i)
            runners.emplace_back([&] { io.run(); });
        std::atomic<int> confirmed = 0;
        {
            const auto options = options_for(broker.port());
            const auto on = take(connection::connect(io.get_executor(), options, use_future));
            publisher_options limits;
            limits.unconfirmed_count_max = 50;
            const auto to = take(publisher::open(on, limits, use_future));
            std::vector<std::thread> users;
            for (int i = 0; i < threads; ++i)
                users.emplace_back([&, copy = to, i] {
                    const auto own = take(on.open_channel(use_future));
                    for (int n = 0; n < each; ++n) {
                        copy.publish({.routing_key = "q", .mandatory = n % 2 == 0}, {},
                                     std::to_string(n), [&](const publish_outcome& what) {
                                         confirmed += what.confirmed() ? 1 : 0;
                                     });
                        if (n % 50 == i)
                            take(own.request(q::declare{.queue = "q"}, use_future));
                    }
                    take(copy.drain(use_future));
                    take(own.close(use_future));
                });
            for (auto& user : users)
                user.join();
            take(to.close(use_future));
            take(on.close(use_future));
        }
        work.reset();
        for (auto& runner : runners)
            runner.join();
        CHECK(confirmed == threads * each);
    }
}
