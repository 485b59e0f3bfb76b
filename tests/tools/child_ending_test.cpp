#include "child_run.hpp"

#include <doctest/doctest.h>

#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <unistd.h>

using namespace taskwire::tools;
using namespace taskwire::tools::test;
using std::chrono::milliseconds;
using std::chrono::seconds;
using clock_type = std::chrono::steady_clock;

namespace {

// True if this process has no children, not even dead ones.
bool is_childless() {
    return ::waitpid(-1, nullptr, WNOHANG | __WALL) == -1 && errno == ECHILD;
}

} // namespace

TEST_CASE("whole lines of both streams, and a last one without a newline") {
    const auto found = run(shell("printf 'a\\nb'; sleep 0.05; printf 'c\\n\\n'; printf last; "
                                 "printf 'e1\\ne2' >&2"));
    CHECK(found.out == "a\nbc\n\nlast");
    CHECK(found.err == "e1\ne2");
    std::vector<std::string> out_lines;
    for (const std::string& line : found.lines) {
        if (line[0] != 'e') {
            out_lines.push_back(line);
        }
    }
    CHECK(out_lines == std::vector<std::string>{"a\n", "bc\n", "\n", "last"});
}

TEST_CASE("much output") {
    const auto found = run(shell("seq 1 300000; head -c 200000 /dev/zero | tr '\\0' x >&2"));
    CHECK(found.out.size() == 1'988'895);
    CHECK(found.out.ends_with("299999\n300000\n"));
    CHECK(found.err == std::string(200'000, 'x'));
    for (const std::string& line : found.lines) {
        CHECK(line.size() <= 65'536);
    }
    CHECK(found.result.stderr_tail == std::string(4096, 'x'));
}

TEST_CASE("the tail and the last line of stderr") {
    const auto found = run(shell("seq 10000 12000 >&2; echo 'no such user' >&2; echo >&2")).result;
    CHECK(found.stderr_tail.size() == 4096);
    CHECK(found.stderr_tail.ends_with("11999\n12000\nno such user\n\n"));
    CHECK(found.stderr_last_line == "no such user");
    CHECK(run(shell("echo out")).result.stderr_last_line == "");
}

TEST_CASE("without a sink the output is thrown away but for the tail") {
    asio::io_context context;
    child_result result;
    const child running =
        child::start(context.get_executor(), shell("seq 1 100000; echo oops >&2; exit 4"),
                     [&](const child_result& found) { result = found; });
    CHECK(running.running());
    context.run();
    CHECK_FALSE(running.running());
    CHECK(result.exit_code == 4);
    CHECK(result.stderr_tail == "oops\n");
}

TEST_CASE("--timeout sends TERM first") {
    child_spec spec = shell("trap 'echo got TERM; exit 7' TERM; while :; do sleep 0.01; done");
    spec.timeout = milliseconds(500);
    const auto found = run(spec);
    CHECK(found.result.how == ending::timed_out);
    CHECK(found.result.exit_code == 7);
    CHECK(found.out == "got TERM\n");
    CHECK(found.result.wall_time >= milliseconds(500));
}

TEST_CASE("--timeout sends KILL to what ignores TERM") {
    child_spec spec = shell("trap '' TERM; while :; do sleep 0.05; done");
    spec.timeout = milliseconds(300);
    spec.kill_after = milliseconds(200);
    const auto found = run(spec).result;
    CHECK(found.how == ending::timed_out);
    CHECK(found.signal == SIGKILL);
    CHECK(found.wall_time >= milliseconds(500));
    CHECK(found.wall_time < seconds(10));
}

TEST_CASE("a task in time is not troubled by its timer") {
    child_spec spec = shell("sleep 0.05");
    spec.timeout = seconds(3600);
    const auto begin = clock_type::now();
    CHECK(run(spec).result.how == ending::exited);
    CHECK(clock_type::now() - begin < seconds(60));
}

TEST_CASE("a stopped child is terminated too") {
    child_spec spec = shell("kill -STOP $$; echo continued");
    spec.timeout = milliseconds(200);
    const auto found = run(spec);
    CHECK(found.result.how == ending::timed_out);
    CHECK(found.result.signal == SIGTERM);
    CHECK(found.out == "");
}

TEST_CASE("terminate() lets the rest of the group clean up") {
    // The shell dies of TERM at once; the process it waits for needs longer than the pipe's grace.
    child_spec spec = shell("(trap 'sleep 0.3; echo cleaned; exit 0' TERM; echo ready; "
                            "while :; do sleep 0.01; done) & wait");
    spec.pipe_grace = milliseconds(20);
    const auto found = run(spec, [](child& running, output_stream, std::string_view line) {
        if (line == "ready\n") {
            running.terminate();
        }
    });
    CHECK(found.out == "ready\ncleaned\n");
    CHECK(found.result.how == ending::signaled);
    CHECK(found.result.signal == SIGTERM);
    CHECK_FALSE(found.result.output_abandoned);
}

TEST_CASE("terminate() kills the rest of the group in the end") {
    child_spec spec = shell("(trap '' TERM; echo ready; while :; do sleep 0.01; done) & wait");
    spec.kill_after = milliseconds(200);
    const auto begin = clock_type::now();
    const auto found = run(spec, [](child& running, output_stream, std::string_view) {
        running.terminate();
        running.terminate(); // the second has no effect
    });
    CHECK(found.result.signal == SIGTERM);
    CHECK(clock_type::now() - begin >= milliseconds(200));
    CHECK(clock_type::now() - begin < seconds(10));
    CHECK_FALSE(found.result.output_abandoned); // the pipe's last holder is gone
}

TEST_CASE("kill_group sends just that signal") {
    const auto found = run(shell("trap 'echo usr1; exit 3' USR1; echo ready; "
                                 "while :; do sleep 0.01; done"),
                           [](const child& running, output_stream, std::string_view line) {
                               if (line == "ready\n") {
                                   running.kill_group(SIGUSR1);
                               }
                           });
    CHECK(found.out == "ready\nusr1\n");
    CHECK(found.result.how == ending::exited);
    CHECK(found.result.exit_code == 3);
}

TEST_CASE("a descendant that holds the pipe is not waited for, nor killed") {
    child_spec spec = shell("sleep 60 & echo $!");
    spec.pipe_grace = milliseconds(100);
    const auto begin = clock_type::now();
    const auto found = run(spec);
    CHECK(clock_type::now() - begin < seconds(20));
    CHECK(found.result.how == ending::exited);
    CHECK(found.result.output_abandoned);
    const pid_t descendant = std::stoi(found.out);
    CHECK(::kill(descendant, 0) == 0);
    ::kill(descendant, SIGKILL);
}

TEST_CASE("a hundred children at once") {
    asio::io_context context;
    std::vector<child> children;
    int ended = 0;
    for (int i = 0; i < 100; ++i) {
        child_spec spec = shell("read code; exit $code");
        const std::string body = std::to_string(i) + "\n";
        spec.body = body;
        children.push_back(
            child::start(context.get_executor(), spec, [&ended, i](const child_result& found) {
                CHECK(found.how == ending::exited);
                CHECK(found.exit_code == i);
                ++ended;
            }));
    }
    context.run();
    CHECK(ended == 100);
    CHECK(is_childless());
}

TEST_CASE("destroying a running child kills and collects it, and tells nobody") {
    asio::io_context context;
    bool told = false;
    const auto begin = clock_type::now();
    {
        const child running = child::start(context.get_executor(), command({"sleep", "60"}),
                                           [&](const child_result&) { told = true; });
    }
    context.run();
    CHECK_FALSE(told);
    CHECK(is_childless());
    CHECK(clock_type::now() - begin < seconds(20));
}

TEST_CASE("a child may be destroyed by its own sink") {
    asio::io_context context;
    std::string seen;
    child running;
    child_spec spec = shell("echo one; echo two; exec sleep 60");
    spec.sink = [&](output_stream, std::string_view line) {
        running = child();
        seen += line;
    };
    running = child::start(context.get_executor(), spec,
                           [&](const child_result&) { FAIL_CHECK("told of an abandoned child"); });
    context.run();
    CHECK(seen == "one\n");
    CHECK(is_childless());
}

TEST_CASE("a child may be replaced in its done handler") {
    asio::io_context context;
    child running;
    int ended = 0;
    std::function<void(const child_result&)> next = [&](const child_result& found) {
        CHECK(found.exit_code == ended);
        if (++ended < 5) {
            running =
                child::start(context.get_executor(), shell("exit " + std::to_string(ended)), next);
        }
    };
    running = child::start(context.get_executor(), shell("exit 0"), next);
    context.run();
    CHECK(ended == 5);
    CHECK(is_childless());
}

TEST_CASE("destroying child and context without running them leaves no process behind") {
    pid_t pid = 0;
    {
        asio::io_context context;
        const child running =
            child::start(context.get_executor(), command({"sleep", "60"}), [](const auto&) {});
        pid = running.pid();
    }
    REQUIRE(pid > 0);
    int status = 0;
    // It was sent KILL; whether it was also collected is a matter of luck.
    if (::waitpid(pid, &status, 0) == pid) {
        CHECK(WTERMSIG(status) == SIGKILL);
    }
    CHECK(is_childless());
}

TEST_CASE("a child dies with the worker") {
    // As our descendants' reaper we see how the orphan ended.
    REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t worker = ::fork();
    REQUIRE(worker >= 0);
    if (worker == 0) {
        asio::io_context context;
        pid_t pid = 0;
        child running;
        child_spec spec = shell("echo ready; exec sleep 60");
        spec.sink = [&](output_stream, std::string_view) {
            pid = running.pid();
            if (::write(ends[1], &pid, sizeof pid) == sizeof pid) {
                ::kill(::getpid(), SIGKILL);
            }
        };
        running = child::start(context.get_executor(), spec, [](const child_result&) {});
        context.run();
        ::_exit(1);
    }
    int status = 0;
    CHECK(::waitpid(worker, &status, 0) == worker);
    CHECK(WTERMSIG(status) == SIGKILL);
    pid_t orphan = 0;
    REQUIRE(::read(ends[0], &orphan, sizeof orphan) == sizeof orphan);
    CHECK(::waitpid(orphan, &status, 0) == orphan);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    ::close(ends[0]);
    ::close(ends[1]);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}
