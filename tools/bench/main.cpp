#include <bench/bench.hpp>
#include <bench/options.hpp>
#include <common/client_options.hpp>
#include <common/reporter.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

namespace {

using namespace taskwire::tools;

constexpr const char* tool = "taskwire-bench";

int run(const bench_options& options) {
    const taskwire::connect_options to = resolve(options.client, tool);
    const client_options& client = options.client;
    const terminal screen = examine_terminal(STDERR_FILENO, client.color);
    const bool bar =
        client.progress == progress_choice::bar ||
        (client.progress == progress_choice::automatic && screen.can_redraw && client.quiet == 0);
    redrawn_line line(STDERR_FILENO, bar);
    reporter says(tool, line, client.quiet > 0 ? -1 : client.verbose, screen.color);
    for (const std::string& each : warnings_of(to))
        says.warning(each);
    return bench(options, to, says).run();
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    redrawn_line no_line(STDERR_FILENO, false);
    reporter says(tool, no_line, 0, false);
    try {
        if (argc <= 1) {
            std::fputs(bench_short_help().c_str(), stderr);
            return to_int(exit_code::usage);
        }
        bench_options options;
        if (const auto text = parse_bench_options({argv + 1, argv + argc}, options)) {
            std::fputs(text->c_str(), stdout);
            return 0;
        }
        return run(options);
    } catch (const usage_error& fault) {
        says.error(fault.what(),
                   fault.code() == exit_code::usage ? "taskwire-bench --help tells more" : "");
        return to_int(fault.code());
    } catch (const std::exception& fault) {
        says.error(fault.what());
        return to_int(exit_code::failed_tasks);
    }
}
