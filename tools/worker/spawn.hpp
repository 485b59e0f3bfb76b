#pragma once

#include <common/unique_fd.hpp>

#include <sys/types.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace taskwire::tools {

// A failed system call of ours: errno and the name of the call; error 0 is success.
struct system_failure {
    int error = 0;
    std::string_view call = {};

    explicit operator bool() const { return error != 0; }
};

// A process just forked.
struct spawned_process {
    pid_t pid = 0;        // also its process group
    unique_fd pidfd;      // readable once it has ended; it stays a zombie until it is waited for
    unique_fd exec_error; // holds an int, errno, if the command could not be executed; else EOF
};

// Starts argv[0], searched for in the PATH of `environment`, in a process group of its own, with
// `descriptors` as its descriptors 0 to 3 and no others, default signal actions and an empty mask.
// It gets SIGKILL when the calling *thread* ends: call from one that lives as long as the program.
// Like execvp, it runs a script without a #! line by /bin/sh.
// Thread safety: may be called from a program with threads; between fork and exec only
// async-signal-safe functions run.
// Errors: those up to fork are returned, and `out` is untouched; those of exec come through
// exec_error, so that they cannot be confused with an exit status.
system_failure spawn(const std::vector<std::string>& argv,
                     const std::vector<std::string>& environment,
                     std::array<unique_fd, 4> descriptors, spawned_process& out);

} // namespace taskwire::tools
