#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <taskwire/consumer.hpp>
#include <taskwire/publisher.hpp>

#include "client.hpp"

/// taskwire-bench-client: our side of the measurements, through the public headers only.
///
///     publish              a callback per message, which publishes the next one
///     publish-moved        the same, the body a string of its own that is moved in
///     publish-ready        a coroutine per channel: co_await ready(), publish with a callback
///     publish-await        a coroutine per place in the window: co_await publish()
///     publish-unconfirmed  without a publisher; see client_channel.cpp
///     consume              a callback per delivery, which acknowledges it
///     consume-await        a coroutine per channel: co_await next(), co_await ack()
///     roundtrip            one message a time, to oneself: a callback, which sends the next one
///     roundtrip-await      the same in a coroutine: co_await next()
namespace taskwire::bench {

void give_up(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::exit(1);
}

namespace {

using asio::awaitable;

void count_outcome(run& all, const publish_outcome& outcome) {
    if (!outcome.confirmed())
        give_up(outcome.text().c_str());
    all.done_one();
}

void publish_next(const publisher& to, run& all) {
    if (!all.take_one())
        return;
    auto next = [&to, &all](const publish_outcome& outcome) {
        count_outcome(all, outcome);
        publish_next(to, all);
    };
    if (all.moves_bodies())
        to.publish(method, persistent, std::string{all.body()}, std::move(next));
    else
        to.publish(method, persistent, all.body(), std::move(next));
}

awaitable<void> publish_when_ready(const publisher& to, run& all) {
    while (all.take_one()) {
        co_await to.ready();
        to.publish(method, persistent, all.body(),
                   [&all](const publish_outcome& outcome) { count_outcome(all, outcome); });
    }
}

awaitable<void> publish_and_wait(const publisher& to, run& all) {
    while (all.take_one())
        count_outcome(all, co_await to.publish(method, persistent, all.body()));
}

awaitable<void> publish(connection on, run& all) {
    const auto& what = all.what();
    publisher_options options;
    options.unconfirmed_count_max = what.window_of_channel();
    options.unconfirmed_bytes_max = what.window_bytes();
    std::vector<publisher> publishers;
    for (std::uint16_t i = 0; i < what.channels; ++i)
        publishers.push_back(co_await publisher::open(on, options));
    const auto executor = co_await asio::this_coro::executor;
    all.begin();
    const auto places = std::max<std::size_t>(what.places() / what.channels, 1);
    for (const auto& to : publishers) {
        if (what.mode == "publish-ready")
            asio::co_spawn(executor, publish_when_ready(to, all), asio::detached);
        else if (what.mode == "publish-await")
            for (std::size_t i = 0; i < places; ++i)
                asio::co_spawn(executor, publish_and_wait(to, all), asio::detached);
        else
            for (std::size_t i = 0; i < places; ++i)
                publish_next(to, all);
    }
    co_await all.wait_ended();
    all.report();
}

void consume_next(const consumer& from, run& all) {
    from.next([&](std::error_code fault, const delivery& message) {
        if (all.ended())
            return; // another channel's, or the connection closes
        if (fault)
            give_up(fault.message().c_str());
        from.ack(message, [](settle_result) {});
        all.done_one();
        if (!all.ended())
            consume_next(from, all);
    });
}

awaitable<void> take_and_ack(const consumer& from, run& all) {
    while (true) {
        const auto message = co_await from.next();
        if (all.ended())
            co_return;
        co_await from.ack(message);
        all.done_one();
    }
}

awaitable<void> consume(connection on, run& all) {
    const auto& what = all.what();
    consumer_options options;
    options.prefetch_count = static_cast<std::uint16_t>(what.window_of_channel());
    std::vector<consumer> consumers;
    for (std::uint16_t i = 0; i < what.channels; ++i)
        consumers.push_back(co_await consumer::open(on, "q", options));
    const auto executor = co_await asio::this_coro::executor;
    all.begin();
    for (const auto& from : consumers) {
        if (what.mode == "consume")
            consume_next(from, all);
        else
            asio::co_spawn(executor, take_and_ack(from, all), [&](std::exception_ptr thrown) {
                if (thrown && !all.ended())
                    std::rethrow_exception(thrown);
            });
    }
    co_await all.wait_ended();
    all.report();
}

awaitable<void> work(const strand& executor, run& all) {
    const auto& what = all.what();
    connect_options options;
    options.endpoints = {{"127.0.0.1", what.port, false}};
    options.protocol.heartbeat = std::chrono::seconds{0};
    const auto on = co_await connection::connect(executor, options);
    if (what.mode == "consume" || what.mode == "consume-await")
        co_await consume(on, all);
    else if (what.mode.starts_with("roundtrip"))
        co_await roundtrip(on, all);
    else if (what.mode == "publish-unconfirmed")
        co_await publish_unconfirmed(on, all);
    else if (what.mode.starts_with("publish"))
        co_await publish(on, all);
    else
        give_up("no such mode");
    co_await on.close();
}

} // namespace
} // namespace taskwire::bench

int main(int count, char** words) {
    namespace bench = taskwire::bench;
    const auto what = bench::workload::from(count, words);
    asio::io_context io{1};
    const taskwire::strand executor = asio::make_strand(asio::any_io_executor{io.get_executor()});
    bench::run all{what, executor};
    asio::co_spawn(executor, bench::work(executor, all), [](std::exception_ptr thrown) {
        if (thrown)
            std::rethrow_exception(thrown);
    });
    io.run();
}
