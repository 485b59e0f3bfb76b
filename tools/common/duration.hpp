#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace taskwire::tools {

// Parses a duration as the command line takes it: a whole number and one of ms, s, m, h, or 0.
// Units: a bare number is refused, because nobody remembers whether it is seconds.
// Errors: returns what is wrong, "" if nothing is; `out` is then assigned.
std::string parse_duration(std::string_view text, std::chrono::milliseconds& out);

// Likewise, but refuses 0.
std::string parse_positive_duration(std::string_view text, std::chrono::milliseconds& out);

// For people, in about three characters of precision: 180ms, 1.9s, 29s, 5m10s, 2h05m, 3d04h.
std::string format_duration(std::chrono::milliseconds duration);

// The same value in the form that parse_duration takes: 250ms, 10s, 5m, 1h.
std::string spell_duration(std::chrono::milliseconds duration);

} // namespace taskwire::tools
