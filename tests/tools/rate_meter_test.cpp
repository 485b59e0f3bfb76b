#include <common/rate_meter.hpp>

#include <doctest/doctest.h>

using std::chrono::milliseconds;
using taskwire::tools::rate_meter;

namespace {

const rate_meter::clock::time_point start{std::chrono::hours(1)};

} // namespace

TEST_CASE("a steady rate is told from the first second on") {
    rate_meter meter(start);
    for (int ms = 0; ms < 20'000; ms += 10) {
        meter.add(1, start + milliseconds(ms));
        if (ms >= 1000) {
            CHECK(meter.rate_per_s(start + milliseconds(ms)) == doctest::Approx(100).epsilon(0.02));
        }
    }
}

TEST_CASE("a stall shows within the window") {
    rate_meter meter(start);
    meter.add(1000, start + milliseconds(100));
    CHECK(meter.rate_per_s(start + milliseconds(2000)) == doctest::Approx(500));
    CHECK(meter.rate_per_s(start + milliseconds(4000)) == doctest::Approx(250));
    CHECK(meter.rate_per_s(start + milliseconds(5000)) == 0);
    CHECK(meter.rate_per_s(start + std::chrono::hours(1)) == 0);
    meter.add(50, start + std::chrono::hours(1));
    CHECK(meter.rate_per_s(start + std::chrono::hours(1)) == doctest::Approx(50 / 4.5));
}

TEST_CASE("the first instant, and a clock that stands") {
    rate_meter meter(start);
    CHECK(meter.rate_per_s(start) == 0);
    meter.add(1, start);
    CHECK(meter.rate_per_s(start) == doctest::Approx(1000));
    meter.add(1, start + milliseconds(900));
    meter.add(1, start); // counts as now
    CHECK(meter.rate_per_s(start + milliseconds(1000)) == doctest::Approx(3));
}
