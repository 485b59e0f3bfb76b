#include <doctest/doctest.h>

#include <atomic>
#include <functional>

#include "broker.hpp"

using namespace taskwire;
using namespace taskwire::test;
namespace q = spec::queue;
using kind = publish_outcome::kind;

namespace {

constexpr spec::basic::properties persistent{.delivery_mode = std::uint8_t{2}};

/// How often each outcome came.
class outcomes {
  public:
    void operator()(const publish_outcome& what) {
        ++counts_[static_cast<std::size_t>(what.what())];
    }
    int operator[](kind which) const { return counts_[static_cast<std::size_t>(which)]; }

  private:
    std::atomic<int> counts_[5] = {};
};

} // namespace

TEST_SUITE("fault") {
    TEST_CASE("a memory alarm: what is published waits, then all of it is confirmed") {
        const private_broker node;
        std::atomic<int> blocked = 0;
        std::atomic<int> unblocked = 0;
        std::promise<void> alarm;
        auto options = node.options();
        options.on_blocked = [&](bool now, std::string_view) {
            if (now && ++blocked == 1)
                alarm.set_value();
            unblocked += now ? 0 : 1;
        };
        outcomes got;
        on_broker with{options};
        const auto queue = with.new_queue();
        const auto to = with.open_publisher();
        node.control("set_vm_memory_high_watermark 0.00001");
        for (int i = 0; i < 50; ++i)
            to.publish({.routing_key = queue}, {}, "x", std::ref(got));
        take(alarm.get_future());
        for (int i = 0; i < 50; ++i)
            to.publish({.routing_key = queue}, {}, "x", std::ref(got));
        auto drained = to.drain(use_future);
        auto ready = to.ready(use_future);
        CHECK(drained.wait_for(300ms) == std::future_status::timeout);
        CHECK(!is_ready(ready));
        CHECK(got[kind::confirmed] == 0);
        node.control("set_vm_memory_high_watermark 0.4");
        take(std::move(ready));
        take(std::move(drained));
        CHECK(got[kind::confirmed] == 100);
        CHECK(blocked == 1);
        CHECK(unblocked == 1);
        CHECK(with.count(queue) == 100);
    }

    TEST_CASE("killed under load: each message has an outcome, what was confirmed is there") {
        constexpr int total = 50'000;
        const private_broker node;
        outcomes got;
        {
            on_broker with{node.options()};
            const auto channel = with.open_channel();
            take(channel.request(q::declare{.queue = "tasks", .durable = true}, use_future));
            const auto to = with.open_publisher();
            auto ended = with.near.wait_closed(use_future);
            std::promise<void> enough;
            for (int i = 0; i < total; ++i)
                to.publish({.routing_key = "tasks"}, persistent, std::string(100, 'x'),
                           [&](const publish_outcome& what) {
                               got(what);
                               if (what.confirmed() && got[kind::confirmed] == 2'000)
                                   enough.set_value();
                           });
            take(enough.get_future());
            node.kill();
            CHECK(take(std::move(ended)).code == errc::connection_lost);
            take(to.drain(use_future));
            CHECK(with.client.ended());
        }
        CHECK(got[kind::confirmed] >= 2'000);
        CHECK(got[kind::unknown] >= 1);
        CHECK(got[kind::unknown] <= 1'000); // the window
        CHECK(got[kind::nacked] + got[kind::returned] == 0);
        CHECK(got[kind::confirmed] + got[kind::unknown] + got[kind::refused] == total);
        node.resume();
        on_broker with{node.options()};
        const auto there = static_cast<int>(with.count("tasks"));
        CHECK(there >= got[kind::confirmed]);
        CHECK(there <= got[kind::confirmed] + got[kind::unknown]);
    }
}
