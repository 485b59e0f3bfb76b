#include <worker/verdict.hpp>

#include <common/duration.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace taskwire::tools {

namespace {

constexpr int status_not_found = 127;
constexpr int status_not_executable = 126;
constexpr int status_signal_base = 128;

std::string name_of(int signal) {
    const char* const name = ::sigdescr_np(signal);
    return name != nullptr ? fmt::format("signal {} ({})", signal, name)
                           : fmt::format("signal {}", signal);
}

std::string name_of_error(int error) {
    return std::generic_category().message(error);
}

} // namespace

verdict judge(const child_result& result, const exit_statuses& stop_codes) {
    switch (result.how) {
    case ending::exited:
        if (result.exit_code >= 0 &&
            stop_codes[static_cast<std::size_t>(result.exit_code) & 0xFF]) {
            return verdict::done_then_drain;
        }
        return result.exit_code == 0 ? verdict::done : verdict::failed;
    case ending::signaled:
    case ending::timed_out:
        return verdict::failed;
    case ending::could_not_execute:
        // E2BIG is this task's fault; ENOMEM and the like are nobody's.
        if (result.error == E2BIG) {
            return verdict::failed;
        }
        return is_program_missing(result.error) ? verdict::stop_worker : verdict::start_again;
    case ending::could_not_start:
        return verdict::start_again;
    }
    return verdict::failed;
}

std::string describe(const child_result& result) {
    switch (result.how) {
    case ending::exited:
        return fmt::format("exit status {}", result.exit_code);
    case ending::signaled:
        return name_of(result.signal);
    case ending::timed_out:
        return fmt::format("timed out after {}", format_duration(result.wall_time));
    case ending::could_not_execute:
        return fmt::format("cannot execute: {}", name_of_error(result.error));
    case ending::could_not_start:
        return fmt::format("cannot start: {}: {}", result.failed_call, name_of_error(result.error));
    }
    return {};
}

std::string explain(const child_result& result) {
    const std::string what = describe(result);
    return result.stderr_last_line.empty() ? what : what + ": " + result.stderr_last_line;
}

int shell_status(const child_result& result) {
    if (result.how == ending::could_not_execute) {
        return result.error == ENOENT ? status_not_found : status_not_executable;
    }
    return result.signal != 0 ? status_signal_base + result.signal : result.exit_code;
}

} // namespace taskwire::tools
