#include <common/duration.hpp>

#include <doctest/doctest.h>

using std::chrono::milliseconds;
using taskwire::tools::format_duration;
using taskwire::tools::parse_duration;
using taskwire::tools::spell_duration;

namespace {

milliseconds parsed(const char* text) {
    milliseconds out{-1};
    CHECK(parse_duration(text, out) == "");
    return out;
}

} // namespace

TEST_CASE("durations of the command line") {
    CHECK(parsed("250ms").count() == 250);
    CHECK(parsed("10s").count() == 10'000);
    CHECK(parsed("5m").count() == 300'000);
    CHECK(parsed("1h").count() == 3'600'000);
    CHECK(parsed("0").count() == 0);
    CHECK(parsed("0s").count() == 0);
    CHECK(parsed("87600h").count() == 315'360'000'000);
}

TEST_CASE("what is not a duration") {
    milliseconds out{7};
    CHECK(parse_duration("10", out) == "'10' is not a duration; write 250ms, 10s, 5m or 1h");
    for (const char* text : {"", "s", "-1s", "+1s", "1.5s", "1 s", "1sec", "1S", "1s1", " 1s"}) {
        CAPTURE(text);
        CHECK(parse_duration(text, out).find("is not a duration") != std::string::npos);
    }
    CHECK(parse_duration("87601h", out) == "'87601h' is longer than ten years");
    CHECK(parse_duration("99999999999999999999s", out) ==
          "'99999999999999999999s' is longer than ten years");
    CHECK(parse_duration("18446744073709551615h", out).ends_with("longer than ten years"));
    CHECK(out.count() == 7);
}

TEST_CASE("durations for people") {
    CHECK(format_duration(milliseconds(0)) == "0ms");
    CHECK(format_duration(milliseconds(180)) == "180ms");
    CHECK(format_duration(milliseconds(1900)) == "1.9s");
    CHECK(format_duration(milliseconds(9949)) == "9.9s");
    CHECK(format_duration(milliseconds(9960)) == "10s");
    CHECK(format_duration(milliseconds(29'000)) == "29s");
    CHECK(format_duration(milliseconds(59'600)) == "1m00s");
    CHECK(format_duration(milliseconds(310'000)) == "5m10s");
    CHECK(format_duration(milliseconds(7'500'000)) == "2h05m");
    CHECK(format_duration(milliseconds(273'600'000)) == "3d04h");
}

TEST_CASE("durations as one would type them") {
    CHECK(spell_duration(milliseconds(0)) == "0");
    CHECK(spell_duration(milliseconds(250)) == "250ms");
    CHECK(spell_duration(milliseconds(1500)) == "1500ms");
    CHECK(spell_duration(milliseconds(10'000)) == "10s");
    CHECK(spell_duration(milliseconds(90'000)) == "90s");
    CHECK(spell_duration(milliseconds(300'000)) == "5m");
    CHECK(spell_duration(milliseconds(3'600'000)) == "1h");
}
