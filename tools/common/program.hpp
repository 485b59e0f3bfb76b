#pragma once

#include <common/client_options.hpp>
#include <common/exit_code.hpp>
#include <common/reporter.hpp>
#include <common/terminal.hpp>

#include <string>
#include <vector>

// What the main() of every tool does around its run.
namespace taskwire::tools {

// Who speaks to the person on stderr, in the colours, in as many words and with or without a
// redrawn line as the options ask.
struct console {
    // Begins with the warnings that `to` deserves.
    console(const char* tool, const client_options& options, const connect_options& to);

    terminal screen;
    redrawn_line line;
    reporter says;
};

// Runs a tool with its arguments; returns the exit status. What it throws is told: a usage_error
// ends with its own code, anything else with `unexpected`. A reader that goes away is an error of
// writing, not a signal.
int run_program(const char* tool, int argc, char** argv, exit_code unexpected,
                int (*run)(const std::vector<std::string>& arguments));

} // namespace taskwire::tools
