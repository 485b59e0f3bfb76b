#pragma once

namespace taskwire::tools {

// How a tool ends, told to scripts and service managers in the numbers of sysexits.h.
//              producer                              worker
enum class exit_code : int {
    ok = 0,             // every task is confirmed    drained, empty, or a limit reached
    failed_tasks = 1,   // returned, nacked, refused  a batch run parked a task as failed
    usage = 64,         // the command line is wrong  likewise
    data_error = 65,    // bad JSON lines
    no_input = 66,      // no such file
    unavailable = 69,   // no broker                  no broker, and --reconnect is used up
    temporary = 75,     // unknown or interrupted:    stopped with tasks handed back
                        // safe to run again
    no_permission = 77, // login or access refused    likewise
    configuration = 78, // no such queue, or it has   likewise, or the command cannot be executed
                        // other arguments
};

constexpr int to_int(exit_code code) {
    return static_cast<int>(code);
}

// What a shell reports for a program that a signal ended; for a second INT or TERM.
constexpr int exit_by_signal(int signal_number) {
    return 128 + signal_number;
}

} // namespace taskwire::tools
