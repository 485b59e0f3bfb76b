#pragma once

#include <common/client_options.hpp>

#include <producer/records.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace taskwire::tools {

enum class input_kind { bodies, files, standard_input };
enum class id_choice { uuid, sha256, line };
enum class print_choice { none, id, json };

// What every task carries beside its body and its id.
struct task_properties {
    std::vector<std::pair<std::string, std::string>> headers;
    std::string type; // here and below: "" = absent
    std::string content_type;
    std::string correlation_id;
    std::string reply_to;
    std::string app_id;
    std::optional<std::uint8_t> priority;
    std::optional<std::chrono::milliseconds> ttl;
    bool transient = false;
};

// The command line of taskwire-producer.
struct producer_options {
    client_options client;

    std::string queue;                   // "" if `exchange` is set
    std::optional<std::string> exchange; // "" is the default exchange
    std::string routing_key;             // with an exchange only

    input_kind input = input_kind::standard_input;
    std::vector<std::string> bodies;
    std::vector<std::string> files;
    record_options records;
    id_choice id = id_choice::uuid;

    task_properties properties;

    std::size_t window_count = 1'000;                  // messages unconfirmed
    std::size_t window_bytes = std::size_t{16} << 20U; // bytes of their bodies
    std::chrono::milliseconds confirm_timeout{30'000};
    std::optional<std::uint64_t> errors_max; // stop after so many; absent: keep going
    std::string rejects;                     // a file; "" = none
    print_choice print = print_choice::none;
};

// Parses the arguments, without the program's name, and the environment.
// Returns the text that --help or --version asks for; nothing if `out` is filled.
// Errors: throws usage_error.
std::optional<std::string> parse_producer_options(const std::vector<std::string>& arguments,
                                                  producer_options& out);

// What to show somebody who started the tool with no task and a terminal for input.
std::string short_help();

// Parses `N` or `N,SIZE`. Errors: returns what is wrong, "" if nothing is.
std::string parse_window(const std::string& text, std::size_t& count, std::size_t& bytes);

} // namespace taskwire::tools
