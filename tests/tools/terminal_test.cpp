#include <common/terminal.hpp>

#include <doctest/doctest.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <fcntl.h>

using taskwire::tools::choose_terminal;
using taskwire::tools::color_choice;
using taskwire::tools::examine_terminal;
using taskwire::tools::parse_color_choice;

TEST_CASE("colour follows the flag, then NO_COLOR, then the terminal") {
    struct row {
        const char* no_color;
        const char* term;
        color_choice choice;
        bool tty;
        bool color;
        bool can_redraw;
    };
    const row rows[] = {
        {nullptr, "xterm", color_choice::automatic, true, true, true},
        {"", "xterm", color_choice::automatic, true, true, true},
        {"1", "xterm", color_choice::automatic, true, false, true},
        {nullptr, "dumb", color_choice::automatic, true, false, false},
        {nullptr, nullptr, color_choice::automatic, true, false, false},
        {nullptr, "", color_choice::automatic, true, false, false},
        {nullptr, "xterm", color_choice::automatic, false, false, false},
        {"1", "dumb", color_choice::always, false, true, false},
        {"1", "xterm", color_choice::always, true, true, true},
        {nullptr, "xterm", color_choice::never, true, false, true},
    };
    for (const row& r : rows) {
        const auto found = choose_terminal(r.tty, 0, r.choice, r.no_color, r.term);
        CHECK(found.is_tty == r.tty);
        CHECK(found.color == r.color);
        CHECK(found.can_redraw == r.can_redraw);
        CHECK(found.width == 80);
    }
    CHECK(choose_terminal(true, 132, color_choice::never, nullptr, "xterm").width == 132);
}

TEST_CASE("--color") {
    color_choice out = color_choice::never;
    CHECK(parse_color_choice("auto", out) == "");
    CHECK(out == color_choice::automatic);
    CHECK(parse_color_choice("always", out) == "");
    CHECK(out == color_choice::always);
    CHECK(parse_color_choice("never", out) == "");
    CHECK(out == color_choice::never);
    CHECK(parse_color_choice("yes", out) == "'yes' is not one of auto, always, never");
}

TEST_CASE("a pipe is no terminal, a pseudo-terminal is one and has a width") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    CHECK_FALSE(examine_terminal(ends[1], color_choice::automatic).is_tty);
    CHECK(examine_terminal(ends[1], color_choice::automatic).width == 80);
    ::close(ends[0]);
    ::close(ends[1]);

    const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(master >= 0);
    REQUIRE(::grantpt(master) == 0);
    REQUIRE(::unlockpt(master) == 0);
    const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
    REQUIRE(slave >= 0);
    winsize size{};
    size.ws_col = 97;
    REQUIRE(::ioctl(master, TIOCSWINSZ, &size) == 0);
    CHECK(examine_terminal(slave, color_choice::automatic).is_tty);
    CHECK(examine_terminal(slave, color_choice::automatic).width == 97);
    ::close(slave);
    ::close(master);
}
