#include <common/program.hpp>
#include <worker/options.hpp>
#include <worker/worker.hpp>

#include <asio/io_context.hpp>

#include <cstdio>

namespace {

using namespace taskwire::tools;

constexpr const char* tool = "taskwire-worker";

int run(const std::vector<std::string>& arguments) {
    worker_options options;
    if (const auto text = parse_worker_options(arguments, options)) {
        std::fputs(text->c_str(), stdout);
        return to_int(exit_code::ok);
    }
    const taskwire::connect_options to = resolve(options.client, tool);
    console out(tool, options.client, to);
    asio::io_context io(1);
    worker work(io, options, to, out.says, out.screen);
    return work.run();
}

} // namespace

int main(int argc, char** argv) {
    return run_program(tool, argc, argv, exit_code::temporary, run);
}
