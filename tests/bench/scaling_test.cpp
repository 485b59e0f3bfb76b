#include <ctime>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <support/allocations.hpp>
#include <support/long_run.hpp>
#include <taskwire/consumer.hpp>
#include <taskwire/proto/topology.hpp>
#include <taskwire/publisher.hpp>

#include "scaling.hpp"

/// What a message and an entity cost must not depend on how many there are. The other end is the
/// sink in a process of its own, so that time and memory are the client's alone.
using namespace taskwire;
using namespace taskwire::bench;
using asio::awaitable;

namespace {

constexpr spec::basic::publish to_queue{.routing_key = "q"};

connect_options options_for(std::uint16_t port) {
    connect_options result;
    result.endpoints = {{"127.0.0.1", port, false}};
    result.protocol.heartbeat = std::chrono::seconds{0};
    return result;
}

/// Runs a coroutine to its end.
template <class Work>
void run(Work work) {
    asio::io_context io{1};
    const strand executor = asio::make_strand(asio::any_io_executor{io.get_executor()});
    asio::co_spawn(executor, work(executor), [](const std::exception_ptr& thrown) {
        if (thrown)
            std::rethrow_exception(thrown);
    });
    io.run();
}

[[noreturn]] void give_up(const std::string& what) {
    throw std::runtime_error{what};
}

/// Publishers that take turns; a fixed number of messages is unconfirmed, whatever their number.
class round_robin {
  public:
    explicit round_robin(std::size_t messages) : left_(messages), due_(messages) {}

    void add(publisher each) { publishers_.push_back(std::move(each)); }
    bool ended() const { return due_ == 0; }

    void publish_next() {
        if (left_ == 0)
            return;
        const auto& to = publishers_[--left_ % publishers_.size()];
        to.publish(to_queue, {}, std::string_view{body_}, [this](const publish_outcome& outcome) {
            if (!outcome.confirmed())
                give_up(outcome.text());
            --due_;
            publish_next();
        });
    }

    awaitable<void> drain() const {
        while (!ended())
            for (const auto& each : publishers_)
                co_await each.drain();
    }

  private:
    std::vector<publisher> publishers_;
    std::size_t left_;
    std::size_t due_;
    std::string body_ = std::string(256, 'x');
};

awaitable<void> publish_on_channels(strand executor, std::uint16_t port, std::size_t channels,
                                    std::size_t messages, cost& result) {
    const auto options = options_for(port);
    const auto on = co_await connection::connect(executor, options);
    round_robin warm_up{2 * std::max<std::size_t>(channels, 4'000)};
    round_robin all{messages};
    meter entities;
    for (std::size_t i = 0; i < channels; ++i) {
        const auto each = co_await publisher::open(on);
        warm_up.add(each);
        all.add(each);
    }
    for (int i = 0; i < 2'000; ++i)
        warm_up.publish_next();
    co_await warm_up.drain();
    result.bytes_per_entity = entities.bytes_per(channels);
    const meter spent;
    for (int i = 0; i < 2'000; ++i)
        all.publish_next();
    co_await all.drain();
    spent.divide(messages, result);
    co_await on.close();
}

/// Consumers that acknowledge one by one, until so many messages were.
class greedy {
  public:
    explicit greedy(std::size_t messages) : due_(messages) {}

    void add(consumer each) { consumers_.push_back(std::move(each)); }
    std::size_t due() const { return due_; }
    void start() {
        for (const auto& each : consumers_)
            take_next(each);
    }
    void stop_at(std::function<void()> done) { done_ = std::move(done); }

  private:
    void take_next(const consumer& from) {
        from.next([this, &from](std::error_code fault, const delivery& message) {
            if (fault || due_ == 0)
                return;
            from.ack(message, [](settle_result) {});
            if (--due_ == 0)
                return done_();
            take_next(from);
        });
    }

    std::vector<consumer> consumers_;
    std::size_t due_;
    std::function<void()> done_;
};

awaitable<void> consume_with(strand executor, std::uint16_t port, std::size_t consumers,
                             std::size_t messages, cost& result) {
    constexpr std::size_t on_a_connection = 2'000;
    const auto options = options_for(port);
    consumer_options how;
    how.prefetch_count = 4;
    std::vector<connection> connections;
    greedy all{messages};
    meter entities;
    for (std::size_t i = 0; i < consumers; ++i) {
        if (i % on_a_connection == 0)
            connections.push_back(co_await connection::connect(executor, options));
        all.add(co_await consumer::open(connections.back(), "q", how));
    }
    result.bytes_per_entity = entities.bytes_per(consumers);
    std::optional<meter> spent{std::in_place};
    all.stop_at([&] {
        spent->divide(messages, result);
        for (const auto& each : connections)
            each.close([](std::error_code) {});
    });
    all.start();
    for (const auto& each : connections)
        co_await each.wait_closed();
    CHECK(all.due() == 0);
}

awaitable<void> leave_unconfirmed(strand executor, std::uint16_t port, std::size_t messages,
                                  cost& result) {
    const auto options = options_for(port);
    const auto on = co_await connection::connect(executor, options);
    publisher_options limits;
    limits.unconfirmed_count_max = messages + 1;
    limits.unconfirmed_bytes_max = std::size_t{1} << 40U;
    const auto to = co_await publisher::open(on, limits);
    std::size_t confirmed = 0;
    meter spent;
    for (std::size_t i = 0; i < messages; ++i) {
        co_await to.ready();
        to.publish(to_queue, {}, std::string_view{"sixteen bytes..."},
                   [&confirmed](const publish_outcome& outcome) {
                       confirmed += outcome.confirmed() ? 1U : 0U;
                   });
    }
    co_await to.drain();
    spent.divide(messages, result);
    result.bytes_per_entity = spent.bytes_per(messages);
    CHECK(confirmed == messages);
    co_await on.close();
}

/// Half queues, half bindings: recorded, and declared again on a new connection.
cost record(std::size_t entries) {
    cost result;
    const meter spent;
    proto::topology all;
    for (std::size_t i = 0; i < entries / 2; ++i) {
        const std::string queue = "queue-" + std::to_string(i);
        const spec::queue::declare declare{.queue = queue, .durable = true};
        const spec::queue::bind bind{.queue = queue, .exchange = "amq.topic", .routing_key = queue};
        all.note({1, 1}, proto::encode_method(declare),
                 encode(spec::queue::declare_ok{queue, 0, 0}));
        all.note({1, 1}, proto::encode_method(bind), {});
    }
    CHECK(all.size() == entries);
    all.begin_replay();
    while (const auto step = all.next_step())
        all.step_succeeded(step->id == spec::queue::declare::id
                               ? encode(spec::queue::declare_ok{"q", 0, 0})
                               : std::string{});
    CHECK(all.replay().restored == entries);
    spent.divide(entries, result);
    result.bytes_per_entity = spent.bytes_per(entries);
    return result;
}

} // namespace

TEST_CASE("2,000 channels cost per message what 20 do") {
    const sink_process sink{{"--confirm-each"}};
    compare("channels", 20, 2'000, {.time_ratio = 7, .allocations = 0.1, .bytes = 5'000},
            [&](std::size_t channels) {
                cost result;
                run([&](strand executor) {
                    return publish_on_channels(executor, sink.port(), channels,
                                               test::is_long_run() ? 1'000'000 : 100'000, result);
                });
                return result;
            });
}

TEST_CASE("10,000 consumers cost per message what 100 do") {
    const sink_process sink{{}};
    compare("consumers", 100, test::is_long_run() ? 10'000 : 4'000,
            {.time_ratio = 7, .allocations = 1.2, .bytes = 5'000}, [&](std::size_t consumers) {
                cost result;
                run([&](strand executor) {
                    return consume_with(executor, sink.port(), consumers,
                                        test::is_long_run() ? 1'000'000 : 100'000, result);
                });
                return result;
            });
}

TEST_CASE("1,000,000 unconfirmed publishes cost each what 10,000 do") {
    compare("unconfirmed", 10'000, test::is_long_run() ? 1'000'000 : 200'000,
            {.time_ratio = 7, .allocations = 0.1, .bytes = 1'000}, [&](std::size_t messages) {
                const sink_process sink{{"--confirm-from", std::to_string(messages)}};
                cost result;
                run([&](strand executor) {
                    return leave_unconfirmed(executor, sink.port(), messages, result);
                });
                return result;
            });
}

TEST_CASE("100,000 recorded topology entries cost each what 1,000 do") {
    compare("recorded", 1'000, 100'000, {.time_ratio = 7, .allocations = 10, .bytes = 500},
            record);
}
