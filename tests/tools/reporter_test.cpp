#include <common/reporter.hpp>

#include <doctest/doctest.h>

#include <string>

using taskwire::tools::printable;
using namespace std::string_literals;

TEST_CASE("what is printed holds no character that drives a terminal") {
    CHECK(printable("plain text ~") == "plain text ~");
    CHECK(printable("\x1b[31mred\x1b[0m") == "?[31mred?[0m");
    CHECK(printable("a\r\n\tb\0c\x7f"s) == "a???b?c?");
    // CSI and OSC as one character each, in UTF-8 and in Latin-1.
    CHECK(printable("\xc2\x9b"
                    "31m") == "??31m");
    CHECK(printable("\xc2\x80\xc2\x9f") == "????");
    CHECK(printable("\x9b"
                    "31m\x9d") == "?31m?");
}

TEST_CASE("letters of all languages are printed") {
    CHECK(printable("\xc2\xa0\xc2\xbf\xc3\xa9") == "\xc2\xa0\xc2\xbf\xc3\xa9");
    CHECK(printable("\xe2\x80\xa6 \xe6\x97\xa5") == "\xe2\x80\xa6 \xe6\x97\xa5");
    CHECK(printable("\xf0\x9f\x9a\x80") == "\xf0\x9f\x9a\x80");
}

TEST_CASE("what is no UTF-8 is not printed") {
    CHECK(printable("\xe6\x97") == "??");                // cut
    CHECK(printable("\xe6z\x97") == "?z?");              // interrupted
    CHECK(printable("\xe0\x82\x9b") == "???");           // CSI, too long
    CHECK(printable("\xc0\x9b") == "??");                // ESC, too long
    CHECK(printable("\xf0\x80\x82\x9b") == "????");      // and longer
    CHECK(printable("\xed\xa0\x80") == "???");           // a surrogate
    CHECK(printable("\xf4\x90\x80\x80\xff") == "?????"); // behind the last character
}
