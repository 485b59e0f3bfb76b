#include <common/size.hpp>

#include <doctest/doctest.h>

using taskwire::tools::format_size;
using taskwire::tools::parse_size;

TEST_CASE("sizes of the command line are binary") {
    std::uint64_t out = 0;
    CHECK(parse_size("0", out) == "");
    CHECK(out == 0);
    CHECK(parse_size("100", out) == "");
    CHECK(out == 100);
    CHECK(parse_size("64K", out) == "");
    CHECK(out == 65'536);
    CHECK(parse_size("16M", out) == "");
    CHECK(out == 16'777'216);
    CHECK(parse_size("2g", out) == "");
    CHECK(out == 2'147'483'648);
    CHECK(parse_size("18446744073709551615", out) == "");
    CHECK(out == 18'446'744'073'709'551'615ULL);
}

TEST_CASE("what is not a size") {
    std::uint64_t out = 7;
    CHECK(parse_size("big", out) == "'big' is not a size; write 4096, 64K, 16M or 2G");
    for (const char* text : {"", "K", "-1", "1.5M", "1 K", "1KB", "1T", "0x10"}) {
        CAPTURE(text);
        CHECK(parse_size(text, out).find("is not a size") != std::string::npos);
    }
    CHECK(parse_size("18446744073709551616", out) == "'18446744073709551616' is too large");
    CHECK(parse_size("18014398509481984K", out) == "'18014398509481984K' is too large");
    CHECK(out == 7);
}

TEST_CASE("sizes for people") {
    CHECK(format_size(0) == "0 bytes");
    CHECK(format_size(1) == "1 byte");
    CHECK(format_size(1023) == "1023 bytes");
    CHECK(format_size(65'536) == "64 KiB");
    CHECK(format_size(1'572'864) == "1.5 MiB");
    CHECK(format_size(20'971'520) == "20 MiB");
    CHECK(format_size(18'446'744'073'709'551'615ULL) == "16 EiB");
}
