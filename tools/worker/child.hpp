#pragma once

#include <asio/any_io_executor.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace taskwire::tools {

enum class output_stream { standard_output, standard_error };

// Takes one line of a child's output, with its newline unless it is an unfinished last line or a
// piece of a line longer than 64 KiB.
using output_sink = std::function<void(output_stream, std::string_view)>;

// What to run for one task.
struct child_spec {
    std::vector<std::string> argv = {};           // see shell_command() for a line of shell
    std::vector<std::string> environment = {};    // NAME=value; all of it, nothing is inherited
    std::string_view body = {};                   // stdin; copied by start()
    std::string_view metadata = {};               // JSON on descriptor 3; copied by start()
    output_sink sink = {};                        // none: the output is thrown away
    std::chrono::milliseconds timeout{0};         // then it is terminated; 0 = never
    std::chrono::milliseconds kill_after{10'000}; // from TERM to KILL
    std::chrono::milliseconds pipe_grace{1000}; // for output after its end, if others hold the pipe
};

enum class ending {
    exited,            // by itself, with exit_code
    signaled,          // by the signal `signal`
    timed_out,         // terminated by us for `timeout`; exit_code or signal say how it took that
    could_not_execute, // `error` from exec: see is_program_missing()
    could_not_start,   // `error` from `failed_call`, before exec: we are short of something
};

struct child_result {
    ending how = ending::exited;
    int exit_code = 0;
    int signal = 0; // 0 = it exited
    int error = 0;
    std::string failed_call = {};
    std::chrono::milliseconds wall_time{0};
    std::uint64_t memory_bytes_max = 0; // at least what the worker itself had at the fork
    std::string stderr_tail = {};       // the last 4 KiB
    std::string stderr_last_line = {};  // the last that is not empty, without its newline
    bool output_abandoned = false;      // a descendant still held the pipes after pipe_grace
};

// True if exec's error tells of the command (missing, no permission, wrong architecture), which
// will fail for every task; false if it may be this task's (E2BIG: arguments too long) or passing.
bool is_program_missing(int error);

// argv for a line of shell.
std::vector<std::string> shell_command(std::string line);

// One child process that works on one task.
// It has stdin on a sealed memory file, metadata on descriptor 3, stdout and stderr on pipes to
// us, a process group of its own, and gets SIGKILL when the thread that called start() ends: call
// it from one that lives as long as the program.
// The end is told once it has exited and its output is at its end. A descendant that lives on is
// left alone, unless it was us who terminated the child: then the whole group gets KILL.
// Lifetimes: the object may be destroyed at any time, also by the sink and by the done handler.
// That sends KILL to the group and returns at once; no handler is called any more; what runs the
// executor collects the process. If nothing runs it any more, the process stays a zombie until the
// program ends.
// Thread safety: none; the executor must be a strand or belong to one thread, and all calls must
// come from it. SIGCHLD must not be ignored (start() sees to that); nobody else may wait for it.
// Errors: all of them come to the done handler.
class child {
  public:
    using done_handler = std::function<void(const child_result&)>;

    // Never calls `done` before it returns.
    static child start(const asio::any_io_executor& executor, child_spec spec, done_handler done);

    child() = default;
    child(child&&) noexcept = default;
    child& operator=(child&& other) noexcept;
    ~child();

    // Until the done handler is called.
    bool running() const;

    // 0 if it could not be started.
    pid_t pid() const;

    // Sends a signal to the group, no more.
    void kill_group(int signal) const;

    // Sends TERM to the group, and KILL after kill_after.
    void terminate();

  private:
    class process;
    explicit child(std::shared_ptr<process> running) : process_(std::move(running)) {}
    void abandon() noexcept;

    std::shared_ptr<process> process_;
};

} // namespace taskwire::tools
