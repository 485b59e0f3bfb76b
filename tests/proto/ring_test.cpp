#include <taskwire/proto/ring.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <random>
#include <string>

using taskwire::proto::ring;

TEST_CASE("what goes in first comes out first, also across the end of the memory") {
    ring<int> queue;
    CHECK(queue.empty());
    for (int i = 0; i < 10; ++i)
        queue.push_back(i);
    for (int i = 0; i < 7; ++i)
        CHECK(queue.pop_front() == i);
    for (int i = 10; i < 23; ++i) // sixteen slots: wraps
        queue.push_back(i);
    CHECK(queue.size() == 16);
    CHECK(queue.front() == 7);
    CHECK(queue.back() == 22);
    queue.push_back(23); // grows while wrapped
    for (std::size_t i = 0; i < queue.size(); ++i)
        CHECK(queue[i] == static_cast<int>(i) + 7);
    queue.clear();
    CHECK(queue.empty());
    queue.push_back(1);
    CHECK(queue.pop_front() == 1);
}

TEST_CASE("it behaves as a deque does under random operations") {
    std::mt19937 random{20240917};
    ring<std::string> queue;
    std::deque<std::string> model;
    for (int step = 0; step < 20'000; ++step) {
        const auto dice = random() % 100;
        if (dice < 52) {
            queue.push_back(std::to_string(step));
            model.push_back(std::to_string(step));
        } else if (dice < 99 && !model.empty()) {
            REQUIRE(queue.pop_front() == model.front());
            model.pop_front();
        } else if (dice == 99 && random() % 20 == 0) {
            queue.clear();
            model.clear();
        }
        REQUIRE(queue.size() == model.size());
        if (!model.empty()) {
            REQUIRE(queue.front() == model.front());
            REQUIRE(queue.back() == model.back());
            const auto at = random() % model.size();
            REQUIRE(queue[at] == model[at]);
        }
    }
}

TEST_CASE("what was popped is not kept alive") {
    ring<std::shared_ptr<int>> queue;
    const auto value = std::make_shared<int>(1);
    queue.push_back(value);
    queue.push_back(value);
    CHECK(value.use_count() == 3);
    queue.pop_front();
    CHECK(value.use_count() == 2);
    queue.push_back(value);
    queue.pop_back();
    CHECK(value.use_count() == 2);
    queue.clear();
    CHECK(value.use_count() == 1);
}
