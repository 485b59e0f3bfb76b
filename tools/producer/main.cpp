#include <common/client_options.hpp>
#include <common/reporter.hpp>
#include <producer/options.hpp>
#include <producer/producer.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

namespace {

using namespace taskwire::tools;

constexpr const char* tool = "taskwire-producer";

int usage_failure(const usage_error& fault) {
    fmt::print(stderr, "{}: {}\n", tool, printable(fault.what()));
    return to_int(fault.code());
}

/// Before anything is sent: half of the files published is worse than none.
void check_files(const producer_options& options) {
    for (const std::string& path : options.files)
        if (::access(path.c_str(), R_OK) != 0)
            throw usage_error(
                fmt::format("cannot read {}: {}", path,
                            std::error_code(errno, std::generic_category()).message()),
                exit_code::no_input);
}

int run(const producer_options& options) {
    const taskwire::connect_options to = resolve(options.client, tool);
    check_files(options);
    const client_options& client = options.client;
    const terminal screen = examine_terminal(STDERR_FILENO, client.color);
    const bool bar =
        client.progress == progress_choice::bar ||
        (client.progress == progress_choice::automatic && screen.can_redraw && client.quiet == 0);
    redrawn_line line(STDERR_FILENO, bar);
    reporter says(tool, line, client.quiet > 0 ? -1 : client.verbose, screen.color);
    for (const std::string& each : warnings_of(to))
        says.warning(each);
    return producer(options, to, says).run();
}

} // namespace

int main(int argc, char** argv) {
    // Who reads our stdout may go; the tasks matter more.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        if (argc <= 1) {
            std::fputs(short_help().c_str(), stderr);
            return to_int(exit_code::usage);
        }
        producer_options options;
        if (const auto text = parse_producer_options({argv + 1, argv + argc}, options)) {
            std::fputs(text->c_str(), stdout);
            return 0;
        }
        if (options.input == input_kind::standard_input && ::isatty(STDIN_FILENO) == 1) {
            std::fputs(short_help().c_str(), stderr);
            return to_int(exit_code::usage);
        }
        return run(options);
    } catch (const usage_error& fault) {
        return usage_failure(fault);
    } catch (const std::exception& fault) {
        fmt::print(stderr, "{}: {}\n", tool, printable(fault.what()));
        return to_int(exit_code::failed_tasks);
    }
}
