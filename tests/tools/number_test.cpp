#include <common/number.hpp>

#include <doctest/doctest.h>

using taskwire::tools::format_byte_rate;
using taskwire::tools::format_rate;
using taskwire::tools::grouped;

TEST_CASE("grouped numbers") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1204) == "1 204");
    CHECK(grouped(12'480) == "12 480");
    CHECK(grouped(123'456) == "123 456");
    CHECK(grouped(18'446'744'073'709'551'615ULL) == "18 446 744 073 709 551 615");
}

TEST_CASE("rates") {
    CHECK(format_rate(-1) == "0/s");
    CHECK(format_rate(0.01) == "0/s");
    CHECK(format_rate(0.34) == "0.3/s");
    CHECK(format_rate(9.96) == "10/s");
    CHECK(format_rate(42) == "42/s");
    CHECK(format_rate(999.4) == "999/s");
    CHECK(format_rate(999.6) == "1.0k/s");
    CHECK(format_rate(8197) == "8.2k/s");
    CHECK(format_rate(120'000) == "120k/s");
    CHECK(format_rate(1'234'000) == "1.2M/s");
}

TEST_CASE("byte rates are decimal") {
    CHECK(format_byte_rate(0) == "0 B/s");
    CHECK(format_byte_rate(800) == "800 B/s");
    CHECK(format_byte_rate(12'000) == "12.0 kB/s");
    CHECK(format_byte_rate(1'900'000) == "1.9 MB/s");
    CHECK(format_byte_rate(2.5e9) == "2.5 GB/s");
}
