#include <doctest/doctest.h>

#include <atomic>

#include "broker.hpp"

using namespace taskwire;
using namespace taskwire::test;
namespace q = spec::queue;
using kind = publish_outcome::kind;

namespace {

constexpr spec::basic::properties persistent{.delivery_mode = std::uint8_t{2}};

} // namespace

TEST_SUITE("fault") {
    TEST_CASE("a node that blocks publishers, and one that is killed") {
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
        std::atomic<int> outcomes[5] = {};
        const auto count = [&](const publish_outcome& what) {
            ++outcomes[static_cast<std::size_t>(what.what())];
        };
        const auto counted = [&](kind which) {
            return outcomes[static_cast<std::size_t>(which)].load();
        };

        { // A memory alarm: what is published waits, then all of it is confirmed.
            on_broker with{options};
            const auto queue = with.new_queue();
            const auto to = with.open_publisher();
            node.control("set_vm_memory_high_watermark 0.00001");
            for (int i = 0; i < 50; ++i)
                to.publish({.routing_key = queue}, {}, "x", count);
            take(alarm.get_future());
            for (int i = 0; i < 50; ++i)
                to.publish({.routing_key = queue}, {}, "x", count);
            auto drained = to.drain(use_future);
            auto ready = to.ready(use_future);
            CHECK(drained.wait_for(300ms) == std::future_status::timeout);
            CHECK(!is_ready(ready));
            CHECK(counted(kind::confirmed) == 0);
            node.control("set_vm_memory_high_watermark 0.4");
            take(std::move(ready));
            take(std::move(drained));
            CHECK(counted(kind::confirmed) == 100);
            CHECK(blocked == 1);
            CHECK(unblocked == 1);
            CHECK(with.count(queue) == 100);
        }

        // Killed under load: each message has an outcome, and what was confirmed is there.
        constexpr int total = 50'000;
        for (auto& each : outcomes)
            each = 0;
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
                               count(what);
                               if (what.confirmed() && counted(kind::confirmed) == 2'000)
                                   enough.set_value();
                           });
            take(enough.get_future());
            node.kill();
            CHECK(take(std::move(ended)).code == errc::connection_lost);
            take(to.drain(use_future));
            CHECK(with.client.ended());
        }
        CHECK(counted(kind::confirmed) >= 2'000);
        CHECK(counted(kind::unknown) >= 1);
        CHECK(counted(kind::unknown) <= 1'000); // the window
        CHECK(counted(kind::nacked) + counted(kind::returned) == 0);
        CHECK(counted(kind::confirmed) + counted(kind::unknown) + counted(kind::refused) == total);
        node.resume();
        on_broker with{node.options()};
        const auto there = static_cast<int>(with.count("tasks"));
        CHECK(there >= counted(kind::confirmed));
        CHECK(there <= counted(kind::confirmed) + counted(kind::unknown));
    }
}
