#include <bench/bench.hpp>
#include <bench/options.hpp>
#include <common/program.hpp>

#include <cstdio>

namespace {

using namespace taskwire::tools;

constexpr const char* tool = "taskwire-bench";

int run(const std::vector<std::string>& arguments) {
    if (arguments.empty()) {
        std::fputs(bench_short_help().c_str(), stderr);
        return to_int(exit_code::usage);
    }
    bench_options options;
    if (const auto text = parse_bench_options(arguments, options)) {
        std::fputs(text->c_str(), stdout);
        return to_int(exit_code::ok);
    }
    const taskwire::connect_options to = resolve(options.client, tool);
    console out(tool, options.client, to);
    return bench(options, to, out.says).run();
}

} // namespace

int main(int argc, char** argv) {
    return run_program(tool, argc, argv, exit_code::failed_tasks, run);
}
