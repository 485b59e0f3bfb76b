#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace taskwire::tools {

// One line at the bottom of a terminal that is drawn over and over, below ordinary messages.
// Everything else that goes to the same terminal passes through print(), or it would land on it.
// Lifetimes: the descriptor is borrowed; the destructor erases the line.
// Thread safety: none.
// Errors: of writing are ignored; there is nobody to tell.
class redrawn_line {
  public:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds interval{100};

    // If not `enabled` the line is never drawn, messages still are.
    redrawn_line(int descriptor, bool enabled) : descriptor_(descriptor), enabled_(enabled) {}
    redrawn_line(const redrawn_line&) = delete;
    redrawn_line& operator=(const redrawn_line&) = delete;
    ~redrawn_line() { erase(); }

    bool enabled() const { return enabled_; }

    // True if update() would draw: ask before rendering a line that would only be dropped.
    bool due(clock::time_point now) const;

    // Draws `line` unless the last drawing is less than `interval` old.
    void update(std::string_view line, clock::time_point now);

    // Writes whole lines (`text` ends in a newline) above the drawn one.
    void print(std::string_view text);

    // Removes the line, until the next update().
    void erase();

  private:
    void write_all(std::string_view bytes) const;

    int descriptor_;
    bool enabled_;
    bool ever_drawn_ = false;
    clock::time_point drawn_at_;
    std::string shown_; // "" = nothing is on the screen
};

} // namespace taskwire::tools
