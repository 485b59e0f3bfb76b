#include <common/program.hpp>
#include <common/usage_error.hpp>
#include <producer/options.hpp>
#include <producer/producer.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace {

using namespace taskwire::tools;

constexpr const char* tool = "taskwire-producer";

/// Before anything is sent: half of the files published is worse than none.
void check_files(const producer_options& options) {
    for (const std::string& path : options.files)
        if (::access(path.c_str(), R_OK) != 0)
            throw usage_error(
                fmt::format("cannot read {}: {}", path,
                            std::error_code(errno, std::generic_category()).message()),
                exit_code::no_input);
}

int show_short_help() {
    std::fputs(short_help().c_str(), stderr);
    return to_int(exit_code::usage);
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.empty())
        return show_short_help();
    producer_options options;
    if (const auto text = parse_producer_options(arguments, options)) {
        std::fputs(text->c_str(), stdout);
        return to_int(exit_code::ok);
    }
    if (options.input == input_kind::standard_input && ::isatty(STDIN_FILENO) == 1)
        return show_short_help();
    const taskwire::connect_options to = resolve(options.client, tool);
    check_files(options);
    console out(tool, options.client, to);
    return producer(options, to, out.says).run();
}

} // namespace

int main(int argc, char** argv) {
    return run_program(tool, argc, argv, exit_code::failed_tasks, run);
}
