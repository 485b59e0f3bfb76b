#pragma once

#include <common/usage_error.hpp>

#include <CLI/CLI.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskwire::tools {

// Long names of options of which one is enough. If a source gives several, the first listed counts;
// one that is given hides the others in the weaker sources.
using alternatives = std::vector<std::vector<std::string>>;

// Parses `arguments` (without the program's name), then fills what they leave open from
// TASKWIRE_<OPTION> in the environment, then from the file of --config (`name = value` lines; what
// stands under `[producer]` is for the tool of that `section` only).
// Returns the text that --help or --version asks for; nothing if the tool shall go on.
// Errors: throws usage_error.
std::optional<std::string> parse_command_line(CLI::App& app, std::vector<std::string> arguments,
                                              std::string_view section,
                                              const alternatives& only_one = {});

// Adds an option whose value `parse` takes apart; it returns what is wrong, "" if nothing is.
CLI::Option* add_parsed(CLI::App& app, const std::string& names, const std::string& value_name,
                        std::function<std::string(const std::string&)> parse,
                        const std::string& description);

// Like App::add_option for a list of which every value needs the option's name again.
CLI::Option* add_repeatable(CLI::App& app, const std::string& names, const std::string& value_name,
                            std::vector<std::string>& values, const std::string& description);

// The arguments that are no options, in their order, without the `--` that ends the options. CLI11
// must not have them: it would split one like [1,2] into two.
// Errors: throws usage_error for what looks like an option, with `remedy` behind the complaint.
std::vector<std::string> operands_of(const CLI::App& app, std::string_view remedy = {});

// True if the option was given anywhere: on the command line, in the environment, in the file.
bool is_given(const CLI::App& app, const std::string& name);

// TASKWIRE_URL_FILE for url-file.
std::string environment_name(std::string_view long_name);

} // namespace taskwire::tools
