#include <worker/task.hpp>
#include <worker/verdict.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>

namespace taskwire::tools {

namespace {

child_result exited(int code) {
    child_result result;
    result.exit_code = code;
    return result;
}

child_result failed_with(ending how, int error) {
    child_result result;
    result.how = how;
    result.error = error;
    result.failed_call = "fork";
    return result;
}

child_result ended_by(ending how, int signal) {
    child_result result;
    result.how = how;
    result.signal = signal;
    result.wall_time = std::chrono::milliseconds{2'000};
    return result;
}

std::uint64_t attempt_with(const table& headers) {
    spec::basic::properties properties;
    properties.headers = headers.view();
    return attempt_of(properties);
}

} // namespace

TEST_SUITE("verdict") {
    TEST_CASE("the exit status decides") {
        exit_statuses stop;
        stop.set(99);
        CHECK(judge(exited(0), stop) == verdict::done);
        CHECK(judge(exited(1), stop) == verdict::failed);
        CHECK(judge(exited(65), stop) == verdict::failed);
        CHECK(judge(exited(126), stop) == verdict::failed);
        CHECK(judge(exited(127), stop) == verdict::failed);
        CHECK(judge(exited(255), stop) == verdict::failed);
        CHECK(judge(exited(99), stop) == verdict::done_then_drain);
        CHECK(judge(exited(99), {}) == verdict::failed);
    }

    TEST_CASE("signals and time-outs are failures") {
        CHECK(judge(ended_by(ending::signaled, SIGKILL), {}) == verdict::failed);
        CHECK(judge(ended_by(ending::timed_out, SIGTERM), {}) == verdict::failed);
        CHECK(judge(ended_by(ending::timed_out, 0), {}) == verdict::failed);
    }

    TEST_CASE("who is to blame when nothing could be executed") {
        const auto of_exec = [](int error) {
            return judge(failed_with(ending::could_not_execute, error), {});
        };
        CHECK(of_exec(ENOENT) == verdict::stop_worker);
        CHECK(of_exec(EACCES) == verdict::stop_worker);
        CHECK(of_exec(E2BIG) == verdict::failed);
        CHECK(of_exec(ENOMEM) == verdict::start_again);
        CHECK(judge(failed_with(ending::could_not_start, EAGAIN), {}) == verdict::start_again);
    }

    TEST_CASE("in words") {
        CHECK(describe(exited(3)) == "exit status 3");
        CHECK(describe(ended_by(ending::signaled, SIGKILL)) == "signal 9 (Killed)");
        CHECK(describe(ended_by(ending::timed_out, SIGTERM)) == "timed out after 2.0s");
        CHECK(describe(failed_with(ending::could_not_execute, ENOENT)) ==
              "cannot execute: No such file or directory");
        CHECK(describe(failed_with(ending::could_not_start, EAGAIN)) ==
              "cannot start: fork: Resource temporarily unavailable");
        child_result result = exited(1);
        CHECK(explain(result) == "exit status 1");
        result.stderr_last_line = "no paper";
        CHECK(explain(result) == "exit status 1: no paper");
    }

    TEST_CASE("as a shell has it") {
        CHECK(shell_status(exited(3)) == 3);
        CHECK(shell_status(ended_by(ending::signaled, SIGTERM)) == 143);
        CHECK(shell_status(failed_with(ending::could_not_execute, ENOENT)) == 127);
        CHECK(shell_status(failed_with(ending::could_not_execute, EACCES)) == 126);
    }
}

TEST_SUITE("attempt") {
    TEST_CASE("counts on from what the headers say") {
        CHECK(attempt_with({}) == 1);
        CHECK(attempt_with({{"task-attempt", std::int32_t{4}}}) == 5);
        CHECK(attempt_with({{"x-delivery-count", std::int64_t{2}}}) == 3);
        CHECK(attempt_with(
                  {{"x-delivery-count", std::int64_t{2}}, {"task-attempt", std::int32_t{1}}}) == 3);
    }

    TEST_CASE("is not confused by nonsense") {
        CHECK(attempt_with({{"task-attempt", "many"}}) == 1);
        CHECK(attempt_with({{"task-attempt", std::int32_t{-7}}}) == 1);
        CHECK(attempt_with({{"task-attempt", std::int64_t{1} << 62}}) == 2'147'483'648U);
    }
}

} // namespace taskwire::tools
