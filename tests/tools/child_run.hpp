#pragma once

#include <worker/child.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskwire::tools::test {

// What one child did.
struct run_record {
    child_result result;
    std::string out;
    std::string err;
    int told_count = 0;             // how often the end was told
    std::vector<std::string> lines; // as the sink got them, of both streams
};

inline std::string path_variable() {
    const char* const path = std::getenv("PATH");
    return std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin");
}

inline child_spec command(std::vector<std::string> argv) {
    child_spec spec;
    spec.argv = std::move(argv);
    spec.environment = {path_variable()};
    return spec;
}

inline child_spec shell(std::string line) {
    return command(shell_command(std::move(line)));
}

// Runs one child to its end; `on_line` may act on it at each line of its output.
inline run_record
run(child_spec spec,
    const std::function<void(child&, output_stream, std::string_view)>& on_line = {}) {
    asio::io_context context;
    run_record record;
    child running;
    spec.sink = [&](output_stream stream, std::string_view line) {
        (stream == output_stream::standard_output ? record.out : record.err) += line;
        record.lines.emplace_back(line);
        if (on_line) {
            on_line(running, stream, line);
        }
    };
    running = child::start(context.get_executor(), std::move(spec), [&](const child_result& found) {
        record.result = found;
        ++record.told_count;
    });
    context.run();
    CHECK(record.told_count == 1);
    return record;
}

} // namespace taskwire::tools::test
