#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace taskwire::tools {

// What the placeholders in a command's arguments stand for.
struct placeholder_values {
    std::string_view body = {}; // {}
    std::string_view id = {};   // {id}
    std::uint64_t attempt = 1;  // {attempt}
    std::uint64_t slot = 1;     // {slot}
};

// What {file} stands for: the body, as a file that the command itself can open.
inline constexpr std::string_view body_file_path = "/proc/self/fd/0";

// Replaces placeholders in every argument but the first, which is the command: a task must not
// choose what is executed. Other braces stay, and what was put in is not looked at again. It is not
// for a line of shell, where a body could be code.
// Errors: returns what is wrong, "" if nothing is; `out` is then assigned.
std::string substitute(const std::vector<std::string>& argv, const placeholder_values& values,
                       std::vector<std::string>& out);

} // namespace taskwire::tools
