#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <taskwire/consumer.hpp>

#include "client.hpp"

/// The workloads that publish without confirms, through a bare channel.
namespace taskwire::bench {
namespace {

using asio::awaitable;

void publish_one(const channel& to, const run& all) {
    to.publish(method, persistent, all.body(), [](std::error_code fault) {
        if (fault)
            give_up(fault.message().c_str());
    });
}

/// A channel has no window: what is asked behind a batch keeps the next one back, and at the end it
/// shows that all has arrived.
awaitable<void> publish_in_batches(channel to, run& all, std::size_t batch) {
    bool more = true;
    while (more) {
        std::size_t published = 0;
        while (published < batch && all.take_one()) {
            publish_one(to, all);
            ++published;
        }
        more = published == batch;
        co_await to.request(spec::queue::declare{.queue = "q", .passive = true});
        for (; published != 0; --published)
            all.done_one();
    }
}

} // namespace

/// Two batches at least are on their way, so that one is made while another is answered.
awaitable<void> publish_unconfirmed(connection on, run& all) {
    const auto executor = co_await asio::this_coro::executor;
    const auto& what = all.what();
    std::vector<channel> channels;
    for (std::uint16_t i = 0; i < what.channels; ++i)
        channels.push_back(co_await on.open_channel());
    const auto batches = std::max<std::size_t>(what.channels, 2);
    const auto batch = std::max<std::size_t>(what.places() / batches, 1);
    all.begin();
    for (std::size_t i = 0; i < batches; ++i)
        asio::co_spawn(executor, publish_in_batches(channels[i % channels.size()], all, batch),
                       asio::detached);
    co_await all.wait_ended();
    all.report();
}

awaitable<void> roundtrip(connection on, run& all) {
    const auto to = co_await on.open_channel();
    consumer_options options;
    options.no_ack = true;
    const auto from = co_await consumer::open(on, "q", options);
    std::vector<double> times(all.what().count);
    all.begin();
    for (auto& time : times) {
        const auto sent = measure_clock();
        publish_one(to, all);
        co_await from.next();
        time = measure_clock() - sent;
    }
    all.report_roundtrips(times);
}

} // namespace taskwire::bench
