#include <worker/finished_tasks.hpp>

#include <doctest/doctest.h>

#include <string>

namespace taskwire::tools {

namespace {

using namespace std::chrono_literals;

constexpr finished_tasks::clock::time_point start{1h};

task_identity task_of(const std::string& id, std::size_t body_hash = 1) {
    return {.id = id, .timestamp_s = 1'700'000'000, .body_size = 4, .body_hash = body_hash};
}

} // namespace

TEST_SUITE("finished tasks") {
    TEST_CASE("each is known once") {
        finished_tasks tasks(5min);
        tasks.add(task_of("a"), start);
        tasks.add(task_of("a"), start);
        CHECK(tasks.take(task_of("a"), start));
        CHECK(tasks.take(task_of("a"), start));
        CHECK_FALSE(tasks.take(task_of("a"), start));
    }

    TEST_CASE("all of it must be equal") {
        finished_tasks tasks(5min);
        tasks.add(task_of("a"), start);
        CHECK_FALSE(tasks.take(task_of("b"), start));
        CHECK_FALSE(tasks.take(task_of("a", 2), start));
        task_identity later = task_of("a");
        later.timestamp_s = 1'700'000'001;
        CHECK_FALSE(tasks.take(later, start));
        CHECK(tasks.take(task_of("a"), start));
    }

    TEST_CASE("an outage may last, but after it they are soon forgotten") {
        finished_tasks tasks(5min);
        tasks.add(task_of("a"), start);
        tasks.add(task_of("b"), start);
        tasks.on_reconnected(start + 3h);
        tasks.add(task_of("c"), start + 3h + 4min); // its claim was void, and it took that long
        CHECK(tasks.take(task_of("a"), start + 3h + 5min));
        CHECK_FALSE(tasks.take(task_of("b"), start + 3h + 5min + 1ms));
        CHECK(tasks.take(task_of("c"), start + 3h + 9min));
    }

    TEST_CASE("they are bounded") {
        finished_tasks tasks(5min);
        for (std::size_t number = 0; number <= finished_tasks::count_max; ++number) {
            tasks.add(task_of(std::to_string(number)), start);
        }
        CHECK_FALSE(tasks.take(task_of("0"), start));
        CHECK(tasks.take(task_of("1"), start));
    }
}

} // namespace taskwire::tools
