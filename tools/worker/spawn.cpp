#include <worker/spawn.hpp>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace taskwire::tools {

namespace {

constexpr int passed_count = 4;              // descriptors 0 to 3
constexpr int error_target = passed_count;   // where the error pipe goes in the child
constexpr int free_from = error_target + 1;  // nothing of ours may lie below when the moves begin
constexpr int descriptor_count_max = 65'536; // closed one by one where close_range is missing

// All that the child needs after fork, when it may no longer allocate memory.
struct exec_plan {
    std::vector<std::string> paths; // to be tried in turn
    std::vector<char*> path_pointers;
    std::vector<char*> argv;
    std::vector<char*> shell_argv; // /bin/sh, a path, argv from its second on
    std::vector<char*> environment;
    std::array<int, passed_count> descriptors{};
    int error_pipe = -1;
    pid_t parent = 0;
};

// exec takes char* for historical reasons; it does not write through them.
char* writable(const std::string& text) {
    return const_cast<char*>(text.c_str());
}

std::vector<std::string> candidate_paths(const std::string& program,
                                         const std::vector<std::string>& environment) {
    if (program.empty() || program.find('/') != std::string::npos) {
        return {program};
    }
    constexpr std::string_view prefix = "PATH=";
    std::string_view search = "/usr/local/bin:/usr/bin:/bin";
    for (const std::string& variable : environment) {
        if (variable.starts_with(prefix)) {
            search = std::string_view(variable).substr(prefix.size());
            break;
        }
    }
    std::vector<std::string> paths;
    while (true) {
        const std::size_t colon = search.find(':');
        const std::string_view folder = search.substr(0, colon);
        // An empty entry means the current folder.
        paths.push_back(folder.empty() ? program : std::string(folder) + "/" + program);
        if (colon == std::string_view::npos) {
            return paths;
        }
        search.remove_prefix(colon + 1);
    }
}

void fill(exec_plan& plan, const std::vector<std::string>& argv,
          const std::vector<std::string>& environment) {
    static const std::string shell = "/bin/sh";
    plan.paths = candidate_paths(argv.empty() ? std::string() : argv.front(), environment);
    for (const std::string& path : plan.paths) {
        plan.path_pointers.push_back(writable(path));
    }
    plan.shell_argv = {writable(shell), nullptr};
    for (const std::string& argument : argv) {
        plan.argv.push_back(writable(argument));
        if (&argument != &argv.front()) {
            plan.shell_argv.push_back(writable(argument));
        }
    }
    for (const std::string& variable : environment) {
        plan.environment.push_back(writable(variable));
    }
    plan.argv.push_back(nullptr);
    plan.shell_argv.push_back(nullptr);
    plan.environment.push_back(nullptr);
}

// From here to exec_child: the child's side. Only async-signal-safe calls.

bool move_descriptors(const exec_plan& plan) {
    for (int target = 0; target < passed_count; ++target) {
        if (::dup2(plan.descriptors[static_cast<std::size_t>(target)], target) < 0) {
            return false;
        }
    }
    if (::dup3(plan.error_pipe, error_target, O_CLOEXEC) < 0) {
        return false;
    }
    // By number, since glibc before 2.34 and some sandboxes know nothing of it.
    if (::syscall(SYS_close_range, free_from, ~0U, 0) != 0) {
        for (int descriptor = free_from; descriptor < descriptor_count_max; ++descriptor) {
            ::close(descriptor);
        }
    }
    return true;
}

// Actions that are ignored survive exec, and a mask does too: a child that cannot be terminated.
void reset_signals() {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) {
        ::sigaction(number, &standard, nullptr); // fails for KILL, STOP and glibc's own: no matter
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Returns errno of the attempt that tells most: a file that is there but may not be executed.
int try_paths(exec_plan& plan) {
    int error = ENOENT;
    for (char* const path : plan.path_pointers) {
        ::execve(path, plan.argv.data(), plan.environment.data());
        if (errno == ENOEXEC) {
            plan.shell_argv[1] = path;
            ::execve(plan.shell_argv[0], plan.shell_argv.data(), plan.environment.data());
            return ENOEXEC;
        }
        const bool is_elsewhere = errno == EACCES || errno == ENOENT || errno == ENOTDIR;
        if (!is_elsewhere || plan.path_pointers.size() == 1) {
            return errno;
        }
        error = errno == EACCES ? EACCES : error;
    }
    return error;
}

[[noreturn]] void exec_child(exec_plan& plan) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // If the parent ended before prctl, nothing will tell us any more.
    if (::getppid() != plan.parent) {
        ::_exit(127);
    }
    int error_pipe = plan.error_pipe;
    int error = 0;
    if (move_descriptors(plan)) {
        error_pipe = error_target;
        reset_signals();
        error = try_paths(plan);
    } else {
        error = errno;
    }
    // Smaller than PIPE_BUF into an empty pipe: it neither blocks nor comes short.
    [[maybe_unused]] const ssize_t written = ::write(error_pipe, &error, sizeof error);
    ::_exit(127);
}

// Lifts `descriptor` out of the range that the child fills.
bool lift(unique_fd& descriptor) {
    if (descriptor.get() < free_from) {
        descriptor.reset(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, free_from));
    }
    return static_cast<bool>(descriptor);
}

} // namespace

system_failure spawn(const std::vector<std::string>& argv,
                     const std::vector<std::string>& environment,
                     std::array<unique_fd, 4> descriptors, spawned_process& out) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return {errno, "pipe"};
    }
    unique_fd error_reader(ends[0]);
    unique_fd error_writer(ends[1]);
    if (!lift(error_writer) || !std::all_of(descriptors.begin(), descriptors.end(), lift)) {
        return {errno, "fcntl"};
    }
    exec_plan plan;
    fill(plan, argv, environment);
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
        plan.descriptors[i] = descriptors[i].get();
    }
    plan.error_pipe = error_writer.get();
    plan.parent = ::getpid();

    // Our handlers must not run in the child: they would write to pipes that it shares with us.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) {
        exec_child(plan);
    }
    const int fork_error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) {
        return {fork_error, "fork"};
    }
    // The child does this too; whoever comes first, the group exists when spawn returns.
    ::setpgid(pid, pid);
    unique_fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd) {
        const int error = errno;
        ::kill(-pid, SIGKILL);
        while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
        }
        return {error, "pidfd_open"};
    }
    out = {pid, std::move(pidfd), std::move(error_reader)};
    return {};
}

} // namespace taskwire::tools
