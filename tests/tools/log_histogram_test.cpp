#include <common/log_histogram.hpp>

#include <doctest/doctest.h>

#include <cstdint>

using taskwire::tools::log_histogram;

TEST_CASE("nanoseconds to minutes are within 1.6 percent, and the largest is exact") {
    for (const std::uint64_t ns : {1ULL, 127ULL, 1'001ULL, 77'321ULL, 1'234'567ULL,
                                   59'999'999'999ULL, 1'800'000'000'001ULL}) {
        log_histogram found;
        for (int i = 0; i < 99; ++i)
            found.add(ns);
        found.add(ns * 2);
        const auto value = static_cast<double>(found.percentile(0.99).value_or(0));
        CHECK(value >= static_cast<double>(ns) * 0.984);
        CHECK(value <= static_cast<double>(ns) * 1.016);
        if (ns * 2 <= log_histogram::value_max)
            CHECK(found.max() == ns * 2);
    }
}

TEST_CASE("its size does not depend on what is in it") {
    CHECK(sizeof(log_histogram) < std::size_t{19} * 1024);
    log_histogram none;
    CHECK_FALSE(none.percentile(0.5).has_value());
    CHECK(none.max() == 0);
}
