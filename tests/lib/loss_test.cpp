#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <taskwire/consumer.hpp>
#include <taskwire/publisher.hpp>

#include "obedient.hpp"
#include "tls_identity.hpp"

/// All operations, with the broker failing at every step: each completes exactly once.
using namespace taskwire;
using namespace taskwire::test;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using asio::awaitable;
namespace q = spec::queue;
namespace b = spec::basic;

namespace {

/// Counts what was begun and what was completed.
struct tally {
    int begun = 0;
    int completed = 0;
    bool twice = false;
    bool done = false;
};

/// A completion handler that may be called once.
class counted {
  public:
    explicit counted(std::shared_ptr<tally> in) : in_(std::move(in)) { ++in_->begun; }
    template <class... Results>
    void operator()(Results&&...) {
        in_->twice = in_->twice || *called_;
        *called_ = true;
        ++in_->completed;
    }

  private:
    std::shared_ptr<tally> in_;
    std::shared_ptr<bool> called_ = std::make_shared<bool>(false);
};

connect_options options_for(std::uint16_t port, bool tls, std::chrono::milliseconds limit) {
    connect_options result;
    result.endpoints = {{"127.0.0.1", port, tls}};
    if (tls)
        result.tls.ca_file = certificate_path("ca.pem");
    result.protocol.heartbeat = 0s;
    result.protocol.handshake_timeout = limit;
    result.protocol.request_timeout = limit;
    result.protocol.close_timeout = 100ms;
    return result;
}

awaitable<void> use_channel(connection on, std::shared_ptr<tally> in) {
    const auto channel = co_await on.open_channel();
    for (int i = 0; i < 3; ++i)
        channel.request(q::declare{.queue = "q"}, counted{in});
    channel.request(b::get{.queue = "q"}, counted{in});
    channel.publish({.routing_key = "q"}, {}, "unconfirmed", counted{in});
    channel.close(counted{in});
    channel.request(q::declare{.queue = "too late"}, counted{in});
}

awaitable<void> publish(connection on, std::shared_ptr<tally> in, std::chrono::milliseconds limit) {
    publisher_options limits;
    limits.unconfirmed_count_max = 2;
    limits.confirm_timeout = limit;
    const auto to = co_await publisher::open(on, limits);
    for (int i = 0; i < 4; ++i)
        to.publish({.routing_key = "q", .mandatory = i % 2 == 0}, {}, "task", counted{in});
    to.ready(counted{in});
    to.drain(counted{in});
    co_await to.drain();
    to.close(counted{in});
}

awaitable<void> consume(connection on, std::shared_ptr<tally> in, std::chrono::milliseconds limit) {
    const auto from = co_await consumer::open(on, "q");
    asio::steady_timer patience{co_await asio::this_coro::executor, limit};
    auto got = co_await (from.next() || patience.async_wait(asio::use_awaitable));
    from.next(counted{in});
    if (const auto* message = std::get_if<delivery>(&got)) {
        from.ack(*message, counted{in});
        from.ack(*message, counted{in});
    }
    from.cancel(counted{in});
    from.next(counted{in});
}

awaitable<void> swallow(awaitable<void> what) {
    try {
        co_await std::move(what);
    } catch (const std::system_error&) {
    }
}

awaitable<void> use_everything(std::uint16_t port, bool tls, std::shared_ptr<tally> in,
                               std::chrono::milliseconds limit) {
    const auto executor = co_await asio::this_coro::executor;
    try {
        const auto options = options_for(port, tls, limit);
        const auto on = co_await connection::connect(executor, options);
        on.wait_closed(counted{in});
        co_await (swallow(use_channel(on, in)) && swallow(publish(on, in, limit)) &&
                  swallow(consume(on, in, limit)));
        on.close(counted{in});
        co_await on.close();
        on.open_channel(counted{in});
    } catch (const std::system_error&) {
    }
    in->done = true;
}

/// More than the whole conversation has; the last runs end in good order.
constexpr std::size_t frames = 60;

} // namespace

TEST_SUITE("loss") {
    TEST_CASE("each operation completes exactly once, wherever the broker fails") {
        last_act act{};
        SUBCASE("hanging up") {
            act = last_act::hang_up;
        }
        SUBCASE("with a reset") {
            act = last_act::reset;
        }
        SUBCASE("falling silent") {
            act = last_act::fall_silent;
        }
        bool tls = false;
        SUBCASE("on TCP") {}
        SUBCASE("on TLS") {
            tls = true;
        }
        const tls_identity identity;
        std::vector<std::unique_ptr<obedient>> brokers;
        std::vector<std::shared_ptr<tally>> tallies;
        asio::io_context io;
        // All brokers at once: TLS handshakes take their time.
        const auto hasty = tls ? 1'000ms : 150ms;
        for (std::size_t i = 0; i < frames; ++i) {
            const auto limit = i + 1 < frames ? hasty : 10'000ms; // nothing is late in the last
            brokers.push_back(std::make_unique<obedient>(i, act, tls ? &identity : nullptr));
            tallies.push_back(std::make_shared<tally>());
            asio::co_spawn(io, use_everything(brokers.back()->port(), tls, tallies.back(), limit),
                           asio::detached);
        }
        io.run_for(20s);
        CHECK(io.stopped()); // out of work: no loop goes on
        for (std::size_t i = 0; i < frames; ++i) {
            CAPTURE(i);
            CHECK(tallies[i]->done);
            CHECK(tallies[i]->begun == tallies[i]->completed);
            CHECK(!tallies[i]->twice);
        }
        CHECK(brokers.front()->failed());
        CHECK(brokers.back()->finished());
        CHECK(tallies.back()->begun == 22);
        CHECK(brokers.back()->acknowledged() == 1);
    }

    TEST_CASE("an io_context that is destroyed in the middle leaves nothing behind") {
        bool tls = false;
        SUBCASE("on TCP") {}
        SUBCASE("on TLS") {
            tls = true;
        }
        const tls_identity identity;
        for (std::size_t i = 0; i < frames; ++i) {
            CAPTURE(i);
            auto in = std::make_shared<tally>();
            std::optional<obedient> broker{std::in_place, i, last_act::fall_silent,
                                           tls ? &identity : nullptr};
            {
                asio::io_context io;
                asio::co_spawn(io, use_everything(broker->port(), tls, in, 1'000ms),
                               asio::detached);
                while (!broker->failed() && !in->done)
                    io.run_one_for(1ms);
            }
            CHECK(in.use_count() == 1); // every handler was destroyed
            CHECK(in->completed <= in->begun);
            CHECK(!in->twice);
        }
    }
}
