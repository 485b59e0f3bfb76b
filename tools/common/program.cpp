#include <common/program.hpp>

#include <common/usage_error.hpp>

#include <unistd.h>

#include <csignal>
#include <exception>

namespace taskwire::tools {

namespace {

bool wants_line(const client_options& options, const terminal& screen) {
    return options.progress == progress_choice::bar ||
           (options.progress == progress_choice::automatic && screen.can_redraw &&
            options.quiet == 0);
}

} // namespace

console::console(const char* tool, const client_options& options, const connect_options& to)
    : screen(examine_terminal(STDERR_FILENO, options.color)),
      line(STDERR_FILENO, wants_line(options, screen)),
      says(tool, line, options.quiet > 0 ? -1 : options.verbose, screen.color) {
    for (const std::string& each : warnings_of(to))
        says.warning(each);
}

int run_program(const char* tool, int argc, char** argv, exit_code unexpected,
                int (*run)(const std::vector<std::string>& arguments)) {
    std::signal(SIGPIPE, SIG_IGN);
    redrawn_line no_line(STDERR_FILENO, false);
    reporter says(tool, no_line, 0, false);
    try {
        return run({argv + 1, argv + argc});
    } catch (const usage_error& fault) {
        const bool is_usage = fault.code() == exit_code::usage;
        says.error(fault.what(), is_usage ? std::string(tool) + " --help tells more" : "");
        return to_int(fault.code());
    } catch (const std::exception& fault) {
        says.error(fault.what());
        return to_int(unexpected);
    }
}

} // namespace taskwire::tools
