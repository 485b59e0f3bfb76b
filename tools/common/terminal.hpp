#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace taskwire::tools {

enum class color_choice { automatic, always, never };

// Parses --color. Errors: returns what is wrong, "" if nothing is.
std::string parse_color_choice(std::string_view text, color_choice& out);

// What a file descriptor is to the person behind it.
struct terminal {
    bool is_tty = false;
    bool can_redraw = false; // a tty that understands "erase the line"
    bool color = false;
    std::size_t width = 80;
};

// The part without system calls. `no_color` and `term` are the environment's, null if unset;
// an empty $NO_COLOR does not count (no-color.org). The flag wins over the environment.
terminal choose_terminal(bool is_tty, std::size_t width, color_choice choice, const char* no_color,
                         const char* term);

// Asks the system and the environment.
terminal examine_terminal(int descriptor, color_choice choice);

} // namespace taskwire::tools
