#pragma once

#include <common/command_line.hpp>
#include <common/terminal.hpp>

#include <taskwire/client_options.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace taskwire::tools {

enum class queue_type { quorum, classic };
// What --reconnect says: how long to go on without a connection. Nothing: for ever.
struct reconnect_choice {
    std::optional<std::chrono::milliseconds> at_most = {};
};
enum class progress_choice { automatic, bar, plain, none };

// The options that the tools share.
struct client_options {
    std::vector<std::string> urls;
    std::string url_file;
    std::string cacert;
    std::string cert;
    std::string key;
    bool insecure = false;
    std::optional<std::chrono::seconds> heartbeat;
    std::optional<std::chrono::milliseconds> connect_timeout;
    std::optional<reconnect_choice> reconnect; // absent: each tool has a default
    bool create = false;
    bool must_exist = false;
    queue_type type = queue_type::quorum; // of a queue that we create
    int quiet = 0;
    int verbose = 0;
    color_choice color = color_choice::automatic;
    progress_choice progress = progress_choice::automatic;
    std::string config;
};

// Adds them in three groups: connection, queue, output. The default of --reconnect is for the help.
void add_client_options(CLI::App& app, client_options& options, const char* reconnect_default);

// Its parts, for a tool that needs no --reconnect, or no choice of --create and --must-exist.
void add_connection_options(CLI::App& app, client_options& options);
void add_queue_type_option(CLI::App& app, client_options& options);
void add_output_options(CLI::App& app, client_options& options, const char* quiet_names);

// Those of the shared options that exclude each other: for parse_command_line.
const alternatives& client_alternatives();

// Throws usage_error if options contradict each other; call it after parse_command_line.
void check(const client_options& options);

// What to connect to, in this order: --url, --url-file, $TASKWIRE_URL, $AMQP_URL, the default.
// (An environment's TASKWIRE_URL stands in `urls` after parse_command_line.)
// Errors: throws usage_error; its text shows URLs without passwords.
connect_options resolve(const client_options& options, const std::string& connection_name);

// Parses `forever`, `no` or a duration. Errors: returns what is wrong, "" if nothing is.
std::string parse_reconnect(const std::string& text, reconnect_choice& out);

// What the person should know before it is used; none in most cases.
std::vector<std::string> warnings_of(const connect_options& to);

} // namespace taskwire::tools
