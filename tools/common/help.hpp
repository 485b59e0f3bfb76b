#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace taskwire::tools {

// What --help prints: `introduction` (usage, examples), then the options by group in the order in
// which the groups were first named, then `ending`. Lines are at most 100 columns wide.
std::string render_help(const CLI::App& app, const std::string& introduction,
                        const std::string& ending);

} // namespace taskwire::tools
