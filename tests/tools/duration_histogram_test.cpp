#include <common/duration_histogram.hpp>

#include <doctest/doctest.h>

using std::chrono::milliseconds;
using taskwire::tools::duration_histogram;

TEST_CASE("percentiles of few and short durations are exact") {
    duration_histogram found;
    CHECK_FALSE(found.percentile(0.5).has_value());
    for (int ms = 100; ms >= 1; --ms) {
        found.add(milliseconds(ms));
    }
    CHECK(found.count() == 100);
    CHECK(found.percentile(0) == milliseconds(1));
    CHECK(found.percentile(0.5) == milliseconds(50));
    CHECK(found.percentile(0.99) == milliseconds(99));
    CHECK(found.percentile(1) == milliseconds(100));
}

TEST_CASE("long durations are within 1.6 percent") {
    for (const std::int64_t ms : {0LL, 127LL, 128LL, 129LL, 1'000LL, 12'345LL, 999'999LL,
                                  86'400'000LL, 2'199'023'255'551LL}) {
        duration_histogram found;
        found.add(milliseconds(ms));
        found.add(milliseconds(ms));
        found.add(milliseconds(2'199'023'255'551LL));
        const double value =
            static_cast<double>(found.percentile(0.5).value_or(milliseconds(-1)).count());
        CHECK(value >= static_cast<double>(ms) * 0.984);
        CHECK(value <= static_cast<double>(ms) * 1.016);
    }
}

TEST_CASE("nothing is out of range, and nothing is above what was seen") {
    duration_histogram found;
    found.add(milliseconds(-5));
    found.add(milliseconds::max());
    CHECK(found.percentile(0.5) == milliseconds(0));
    CHECK(found.percentile(1) <= milliseconds(2'199'023'255'551LL));
    duration_histogram one;
    one.add(milliseconds(1000));
    CHECK(one.percentile(0.99) == milliseconds(1000));
}
