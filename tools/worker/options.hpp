#pragma once

#include <common/client_options.hpp>
#include <worker/verdict.hpp>

#include <taskwire/consumer_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace taskwire::tools {

// All that taskwire-worker was told.
struct worker_options {
    client_options client;
    std::string queue;
    std::vector<std::string> command; // empty: bodies go to stdout
    bool is_shell_line = false;       // the command is a line of shell, and takes no placeholders

    std::size_t jobs = 1;
    std::chrono::milliseconds timeout{0}; // of one task; 0 = none
    std::chrono::milliseconds kill_after{10'000};
    exit_statuses stop_codes;
    std::string failed_queue;
    bool kills_on_lost = false;                          // what runs when the connection is lost
    on_cancel when_cancelled = on_cancel::consume_again; // by the broker

    bool null_terminated = false;
    std::uint16_t prefetch_count = 100; // of bodies to stdout; a slot takes one task at a time

    bool exit_when_empty = false;
    std::optional<std::chrono::milliseconds> exit_when_idle;
    std::optional<std::uint64_t> task_count_max;
    std::optional<std::chrono::milliseconds> time_max;
    std::optional<std::chrono::milliseconds> drain_timeout;

    // Whether the run is about tasks that somebody waits for: then a failed one is a failed run.
    bool is_batch() const {
        return exit_when_empty || exit_when_idle.has_value() || task_count_max.has_value();
    }
};

// Reads the command line (without the program's name), the environment and the file of --config.
// Returns the text that --help or --version asks for; nothing if the worker shall go on.
// Errors: throws usage_error.
std::optional<std::string> parse_worker_options(std::vector<std::string> arguments,
                                                worker_options& out);

// Parses exit statuses: `99` or `1,3,70-79`. Errors: returns what is wrong, "" if nothing is;
// `out` is then assigned.
std::string parse_exit_statuses(const std::string& text, exit_statuses& out);

} // namespace taskwire::tools
