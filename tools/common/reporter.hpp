#pragma once

#include <common/redrawn_line.hpp>

#include <string>
#include <string_view>

namespace taskwire::tools {

// Speaks to the person: messages on stderr, `taskwire-producer: …`, above the redrawn line.
// Lifetimes: the line is borrowed.
// Thread safety: none.
class reporter {
  public:
    // `verbosity`: -1 errors only, 0 as usual, 1 and 2 more.
    reporter(std::string tool, redrawn_line& line, int verbosity, bool color)
        : tool_(std::move(tool)), line_(line), verbosity_(verbosity), color_(color) {}

    // What went wrong and, indented below, what to do about it; `remedy` may be empty.
    void error(std::string_view problem, std::string_view remedy = {});
    void warning(std::string_view text);
    void info(std::string_view text);   // not with -q
    void detail(std::string_view text); // with -v
    void trace(std::string_view text);  // with -vv

    // A line as it is, without the tool's name: the summary. Not with -q unless `important`.
    void plain(std::string_view text, bool important = false);

    const std::string& tool() const { return tool_; }
    int verbosity() const { return verbosity_; }
    redrawn_line& line() { return line_; }

  private:
    void say(std::string_view color, std::string_view text, std::string_view more = {});

    std::string tool_;
    redrawn_line& line_;
    int verbosity_;
    bool color_;
};

// `text` with control characters replaced by '?': names and the broker's words come from outside
// and must not write to the terminal.
std::string printable(std::string_view text);

} // namespace taskwire::tools
