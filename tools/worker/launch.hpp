#pragma once

#include <worker/spawn.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace taskwire::tools {

// A process just forked, with our ends of its pipes.
struct launched_process {
    spawned_process process;
    unique_fd standard_output;
    unique_fd standard_error;
};

// spawn() with what a task's process has: `body` on stdin and `metadata` on descriptor 3, both in
// sealed memory files, and pipes for its output. Everything said of spawn() holds.
system_failure launch(const std::vector<std::string>& argv,
                      const std::vector<std::string>& environment, std::string_view body,
                      std::string_view metadata, launched_process& out);

} // namespace taskwire::tools
