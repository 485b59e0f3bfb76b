#include <worker/idle_watch.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace taskwire::tools {

namespace {

using namespace std::chrono_literals;

// An idle worker: nothing runs, nothing comes, and the queue is as given.
struct idle_worker {
    asio::io_context io{1};
    strand on = asio::make_strand(asio::any_io_executor(io.get_executor()));
    bool is_empty = true;
    int questions = 0;
    std::optional<std::string> end;

    idle_watch make(bool until_empty, std::optional<std::chrono::milliseconds> idle_max) {
        return {on, until_empty, idle_max,
                {[] { return true; }, [] { return std::uint64_t{0}; },
                 [this]() -> asio::awaitable<bool> {
                     ++questions;
                     co_return is_empty;
                 }}};
    }

    // Watches until the end, for at most ten seconds; returns why it ended.
    std::optional<std::string> end_of(bool until_empty,
                                      std::optional<std::chrono::milliseconds> idle_max) {
        idle_watch by = make(until_empty, idle_max);
        watch(by);
        io.run_for(10s);
        return end;
    }

    void watch(idle_watch& by) {
        asio::co_spawn(on, by.run(), [this](const std::exception_ptr& fault, std::string why) {
            REQUIRE_FALSE(fault);
            end = std::move(why);
        });
    }
};

} // namespace

TEST_SUITE("idle watch") {
    TEST_CASE("with nothing to look for it sleeps until it is stopped") {
        idle_worker idle;
        idle_watch watch = idle.make(false, std::nullopt);
        idle.watch(watch);
        CHECK(idle.io.run_for(50ms) < 10); // handlers: it used to spin
        CHECK_FALSE(idle.end);
        asio::post(idle.on, [&] { watch.stop(); });
        idle.io.run();
        CHECK(idle.end == "");
        CHECK(idle.questions == 0);
    }

    TEST_CASE("it ends when nothing has come for long enough") {
        idle_worker idle;
        CHECK(idle.end_of(false, 20ms) == "no task for 20ms");
        CHECK(idle.questions == 0);
    }

    TEST_CASE("it asks twice whether the queue is empty") {
        idle_worker idle;
        CHECK(idle.end_of(true, std::nullopt) == "the queue is empty");
        CHECK(idle.questions == 2);
    }

    TEST_CASE("a queue that is not empty is asked ever less often, within the idle time") {
        idle_worker idle;
        idle.is_empty = false;
        CHECK(idle.end_of(true, 400ms) == "no task for 400ms");
        CHECK(idle.questions >= 1);
        CHECK(idle.questions <= 3); // after 50, 150 and 350 ms
    }
}

} // namespace taskwire::tools
