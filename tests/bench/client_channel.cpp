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

struct bouncing {
    const channel& to;
    const consumer& from;
    run& all;
    double sent; ///< by measure_clock
    std::vector<double> times;
};

void send_out(bouncing& one) {
    one.sent = measure_clock();
    publish_one(one.to, one.all);
}

void take_back(bouncing& one) {
    one.times.push_back(measure_clock() - one.sent);
    one.all.done_one();
}

void bounce(bouncing& one) {
    if (!one.all.take_one())
        return;
    send_out(one);
    one.from.next([&one](std::error_code fault, const delivery&) {
        if (fault)
            give_up(fault.message().c_str());
        take_back(one);
        bounce(one);
    });
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

/// One message at a time, to oneself.
awaitable<void> roundtrip(connection on, run& all) {
    const auto to = co_await on.open_channel();
    consumer_options options;
    options.no_ack = true;
    const auto from = co_await consumer::open(on, "q", options);
    bouncing one{to, from, all, 0, {}};
    one.times.reserve(all.what().count);
    all.begin();
    if (all.what().mode == "roundtrip") {
        bounce(one);
        co_await all.wait_ended();
    } else {
        while (all.take_one()) {
            send_out(one);
            co_await from.next();
            take_back(one);
        }
    }
    all.report_roundtrips(one.times);
}

} // namespace taskwire::bench
