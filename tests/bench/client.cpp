#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <support/allocations.hpp>
#include <taskwire/consumer.hpp>
#include <taskwire/publisher.hpp>

#include "measure.h"
#include "workload.hpp"

/// taskwire-bench-client: our side of the measurements, through the public headers only.
///
///     publish         a callback per message, which publishes the next one
///     publish-moved   the same, the body a string of its own that is moved in
///     publish-ready   one coroutine: co_await ready(), publish with a callback
///     publish-await   a coroutine per place in the window: co_await publish()
///     consume         a callback per delivery, which acknowledges it
///     consume-await   one coroutine: co_await next(), co_await ack()
namespace {

using namespace taskwire;
using namespace taskwire::bench;
using asio::awaitable;

/// What is measured, and how far it is.
class run {
  public:
    run(const workload& what, std::size_t count) : what_(what), left_(count), due_(count) {}

    bool take_one() { return left_ != 0 && left_-- != 0; }
    bool done_one() { return --due_ == 0; }
    bool ended() const { return due_ == 0; }

    const std::string& body() const { return body_; }
    bool moves_bodies() const { return what_.mode == "publish-moved"; }

    void begin() {
        allocated_ = test::allocated();
        count_ = due_;
        since_ = measure_now();
    }
    void report() const {
        measure_report(("taskwire " + std::string{what_.mode}).c_str(), since_,
                       static_cast<double>(count_),
                       static_cast<double>(test::allocated().count - allocated_.count));
    }

  private:
    const workload& what_;
    std::size_t left_;
    std::size_t due_;
    std::size_t count_ = 0;
    std::string body_ = std::string(what_.body, 'x');
    test::allocations allocated_;
    measure since_{};
};

constexpr spec::basic::publish method{.routing_key = "q"};
constexpr spec::basic::properties persistent{.delivery_mode = std::uint8_t{2}};

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::exit(1);
}

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
        to.publish(method, persistent, std::string_view{all.body()}, std::move(next));
}

awaitable<void> publish_when_ready(const publisher& to, run& all) {
    while (all.take_one()) {
        co_await to.ready();
        to.publish(method, persistent, std::string_view{all.body()},
                   [&all](const publish_outcome& outcome) { count_outcome(all, outcome); });
    }
}

awaitable<void> publish_and_wait(const publisher& to, run& all) {
    while (all.take_one())
        count_outcome(all, co_await to.publish(method, persistent, std::string_view{all.body()}));
}

awaitable<void> publish(connection on, const workload& what) {
    publisher_options options;
    options.unconfirmed_count_max = what.window;
    options.unconfirmed_bytes_max = what.window_bytes();
    const auto to = co_await publisher::open(on, options);
    const auto executor = co_await asio::this_coro::executor;
    run all{what, what.count};
    all.begin();
    if (what.mode == "publish" || all.moves_bodies()) {
        for (std::size_t i = 0; i < what.places(); ++i)
            publish_next(to, all);
    } else if (what.mode == "publish-ready") {
        co_await publish_when_ready(to, all);
    } else {
        for (std::size_t i = 0; i < what.places(); ++i)
            asio::co_spawn(executor, publish_and_wait(to, all), asio::detached);
    }
    while (!all.ended()) // a drain ends when nothing is outstanding, and more may follow it
        co_await to.drain();
    all.report();
}

void consume_next(const connection& on, const consumer& from, run& all) {
    from.next([&](std::error_code fault, const delivery& message) {
        if (fault)
            give_up(fault.message().c_str());
        from.ack(message, [](settle_result) {});
        if (!all.done_one())
            return consume_next(on, from, all);
        all.report();
        on.close([](std::error_code) {});
    });
}

awaitable<void> consume(connection on, const workload& what) {
    consumer_options options;
    options.prefetch_count = static_cast<std::uint16_t>(what.window);
    const auto from = co_await consumer::open(on, "q", options);
    run all{what, what.count};
    all.begin();
    if (what.mode == "consume") {
        consume_next(on, from, all);
        co_await on.wait_closed();
        co_return;
    }
    for (bool ended = false; !ended;) {
        const auto message = co_await from.next();
        co_await from.ack(message);
        ended = all.done_one();
    }
    all.report();
}

awaitable<void> work(const strand& executor, const workload& what) {
    connect_options options;
    options.endpoints = {{"127.0.0.1", what.port, false}};
    options.protocol.heartbeat = std::chrono::seconds{0};
    const auto on = co_await connection::connect(executor, options);
    if (what.mode.starts_with("consume"))
        co_await consume(on, what);
    else
        co_await publish(on, what);
    co_await on.close();
}

} // namespace

int main(int count, char** words) {
    const auto what = workload::from(count, words);
    asio::io_context io{1};
    const strand executor = asio::make_strand(asio::any_io_executor{io.get_executor()});
    asio::co_spawn(executor, work(executor, what), [](std::exception_ptr thrown) {
        if (thrown)
            std::rethrow_exception(thrown);
    });
    io.run();
}
