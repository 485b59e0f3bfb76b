#include <common/reporter.hpp>
#include <common/terminal.hpp>
#include <worker/options.hpp>
#include <worker/worker.hpp>

#include <asio/io_context.hpp>

#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace taskwire::tools;

constexpr const char* tool = "taskwire-worker";

int verbosity_of(const client_options& options) {
    return options.quiet > 0 ? -1 : options.verbose;
}

bool is_line_wanted(const client_options& options, const terminal& err) {
    const bool is_bar =
        options.progress == progress_choice::automatic || options.progress == progress_choice::bar;
    return is_bar && err.can_redraw && options.quiet == 0;
}

int run(const std::vector<std::string>& arguments) {
    worker_options options;
    if (const auto text = parse_worker_options(arguments, options)) {
        std::cout << *text << std::flush;
        return to_int(exit_code::ok);
    }
    const auto to = resolve(options.client, tool);
    const terminal err = examine_terminal(STDERR_FILENO, options.client.color);
    redrawn_line line(STDERR_FILENO, is_line_wanted(options.client, err));
    reporter say(tool, line, verbosity_of(options.client), err.color);
    for (const std::string& each : warnings_of(to))
        say.warning(each);
    // A reader that goes away is an error of writing, and ends us in good order.
    std::signal(SIGPIPE, SIG_IGN);
    asio::io_context io(1);
    worker work(io, options, to, say, err);
    return work.run();
}

} // namespace

int main(int argc, char** argv) {
    redrawn_line no_line(STDERR_FILENO, false);
    reporter say(tool, no_line, 0, false);
    try {
        return run({argv + 1, argv + argc});
    } catch (const usage_error& fault) {
        say.error(fault.what(),
                  fault.code() == exit_code::usage ? "taskwire-worker --help tells more" : "");
        return to_int(fault.code());
    } catch (const std::exception& fault) {
        say.error(fault.what());
        return to_int(exit_code::temporary);
    }
}
