#pragma once

#include <worker/child.hpp>

#include <bitset>
#include <string>

namespace taskwire::tools {

// Exit statuses that mean something, by number.
using exit_statuses = std::bitset<256>;

// What a child's end means for its task.
enum class verdict {
    done,
    done_then_drain, // and the child asks the worker to end
    failed,
    stop_worker, // the command is at fault, not the task: it would fail for every one
    start_again, // the system is short of something; later it may not be
};

verdict judge(const child_result& result, const exit_statuses& stop_codes);

// What happened, without its cause: "exit status 3", "signal 9 (Killed)", "timed out after 2s".
std::string describe(const child_result& result);

// One line for people: describe() and the last line of stderr.
std::string explain(const child_result& result);

// As a shell would have it: 128 + the signal's number, 127 and 126 for what cannot be executed.
int shell_status(const child_result& result);

} // namespace taskwire::tools
