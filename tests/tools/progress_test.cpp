#include <common/progress.hpp>

#include <doctest/doctest.h>

using taskwire::tools::producer_progress;
using taskwire::tools::remaining_time;
using taskwire::tools::render;
using taskwire::tools::worker_status;

namespace {

// 37 520 left at 8200/s is 4.6 s.
const producer_progress halfway{
    .done = 12'480, .total = 50'000, .rate_per_s = 8200, .unconfirmed = 640};

worker_status working() {
    worker_status status;
    status.ok = 812;
    status.retried = 7;
    status.failed = 1;
    status.busy = 8;
    status.slots = 8;
    status.ready = 1204;
    status.rate_per_s = 42;
    return status;
}

} // namespace

TEST_CASE("the producer's line") {
    CHECK(render(halfway, 55) == "12 480/50 000 24% 8.2k/s unconfirmed 640 ETA 5s");
    CHECK(render(halfway, 60) == "[==>       ] 12 480/50 000 24% 8.2k/s unconfirmed 640 ETA 5s");
    CHECK(render(halfway, 200) == "[=======>                      ] "
                                  "12 480/50 000 24% 8.2k/s unconfirmed 640 ETA 5s");
}

TEST_CASE("the producer's line gives up its least important parts first") {
    CHECK(render(halfway, 47) == "12 480/50 000 24% 8.2k/s unconfirmed 640 ETA 5s");
    CHECK(render(halfway, 46) == "12 480/50 000 24% 8.2k/s ETA 5s");
    CHECK(render(halfway, 30) == "12 480/50 000 24% 8.2k/s");
    CHECK(render(halfway, 23) == "12 480/50 000 24%");
    CHECK(render(halfway, 16) == "12 480/50 000");
    CHECK(render(halfway, 5) == "12 48");
    CHECK(render(halfway, 0) == "");
    for (std::size_t width = 0; width < 120; ++width) {
        CHECK(render(halfway, width).size() <= width);
        CHECK(render(working(), width).size() <= width);
    }
}

TEST_CASE("the producer's line without a total") {
    CHECK(render(producer_progress{.done = 12'480, .rate_per_s = 8200, .unconfirmed = 640}, 80) ==
          "12 480 8.2k/s unconfirmed 640");
    CHECK(render(producer_progress{.done = 0, .total = 0}, 80) == "0 0/s unconfirmed 0");
}

TEST_CASE("the producer's line at the ends") {
    CHECK(render(producer_progress{.done = 10, .total = 10, .rate_per_s = 5}, 50) ==
          "[==========] 10/10 100% 5.0/s unconfirmed 0 ETA 0s");
    CHECK(render(producer_progress{.done = 12, .total = 10, .rate_per_s = 5}, 37) ==
          "12/12 100% 5.0/s unconfirmed 0 ETA 0s");
    CHECK(render(producer_progress{.done = 0, .total = 3}, 30) == "0/3 0% 0/s unconfirmed 0");
    CHECK(render(producer_progress{.done = 0, .total = 2'000, .rate_per_s = 1}, 45) ==
          "0/2 000 0% 1.0/s unconfirmed 0 ETA 33m20s");
}

TEST_CASE("the worker's line") {
    CHECK(render(working(), 100) ==
          "ok 812  retried 7  failed 1  8/8 busy  ready 1 204  42/s  ETA 29s");
    worker_status status = working();
    status.retried.reset();
    CHECK(render(status, 100) == "ok 812  failed 1  8/8 busy  ready 1 204  42/s  ETA 29s");
    status.ready.reset();
    CHECK(render(status, 100) == "ok 812  failed 1  8/8 busy  42/s");
    status.paused = true;
    CHECK(render(status, 100) == "ok 812  failed 1  8/8 busy  42/s  paused");
}

TEST_CASE("the worker's line gives up its least important parts first") {
    CHECK(render(working(), 64) == "ok 812  retried 7  failed 1  8/8 busy  ready 1 204  42/s");
    CHECK(render(working(), 50) == "ok 812  retried 7  failed 1  8/8 busy  ready 1 204");
    CHECK(render(working(), 49) == "ok 812  failed 1  8/8 busy  ready 1 204");
    CHECK(render(working(), 20) == "ok 812  failed 1");
    CHECK(render(working(), 7) == "ok 812");
}

TEST_CASE("what is left") {
    CHECK(remaining_time(1204, 42) == std::chrono::seconds(29));
    CHECK(remaining_time(0, 42) == std::chrono::seconds(0));
    CHECK_FALSE(remaining_time(10, 0).has_value());
    CHECK_FALSE(remaining_time(1'000'000'000'000'000ULL, 0.1).has_value());
}
