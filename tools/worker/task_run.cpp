#include <worker/task_run.hpp>

#include <worker/environment.hpp>
#include <worker/metadata.hpp>
#include <worker/substitution.hpp>
#include <worker/task.hpp>

#include <common/duration.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unistd.h>
#include <utility>

namespace taskwire::tools {

namespace {

constexpr std::chrono::milliseconds pause_first{1'000};
constexpr std::chrono::milliseconds pause_last{30'000};
constexpr int status_not_executable = 126;

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::uint64_t now_s() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(since_1970).count());
}

} // namespace

task_run::task_run(const strand& executor, const run_tools& tools, std::uint64_t slot,
                   delivery task, const std::string& id, handlers tell)
    : strand_(executor),
      tools_(tools),
      slot_(slot),
      tell_(std::move(tell)),
      task_(std::move(task)),
      again_(executor),
      pause_(pause_first) {
    task_place place{.queue = tools_.options.queue, .slot = slot_, .timeout = {}};
    if (tools_.options.timeout.count() > 0) {
        place.timeout = tools_.options.timeout;
    }
    info_ = describe_task(task_, place, id);
}

void task_run::start() {
    start_child();
}

// What still goes on for it ends by itself and comes to its end there.
void task_run::abandon(task_fate fate) {
    if (is_abandoned_ || has_ended_) {
        return;
    }
    is_abandoned_ = true;
    abandoned_as_ = fate;
    if (child_.running()) {
        return child_.terminate();
    }
    again_.cancel();
    if (!is_parking_) {
        end({abandoned_as_, {}});
    }
}

void task_run::start_child() {
    const worker_options& options = tools_.options;
    child_spec spec;
    spec.argv = options.command;
    if (!options.is_shell_line) {
        const placeholder_values values{task_.body(), info_.id, info_.attempt, slot_};
        if (const std::string fault = substitute(options.command, values, spec.argv);
            !fault.empty()) {
            return park({}, fault, status_not_executable);
        }
    }
    const std::string metadata = metadata_json(info_);
    spec.environment = child_environment(environ, task_environment(info_));
    spec.body = task_.body();
    spec.metadata = metadata;
    spec.timeout = options.timeout;
    spec.kill_after = options.kill_after;
    spec.sink = [this](output_stream stream, std::string_view line) { on_output(stream, line); };
    tools_.say.detail(fmt::format("task {}: attempt {}", info_.id, info_.attempt));
    child_ = child::start(strand_, std::move(spec),
                          [this](const child_result& result) { on_child_end(result); });
}

// The system is short of something, which is not the task's fault. To hand it back would only
// bring it here again at once.
void task_run::start_child_later(const child_result& why) {
    tools_.say.warning(fmt::format("task {}: {}; trying again in {}", info_.id, describe(why),
                                   format_duration(pause_)));
    again_.expires_after(pause_);
    pause_ = std::min(pause_ * 2, pause_last);
    again_.async_wait([this, self = shared_from_this()](const std::error_code& fault) {
        if (!fault && !has_ended_) {
            start_child();
        }
    });
}

void task_run::on_output(output_stream stream, std::string_view line) {
    if (stream == output_stream::standard_output) {
        return tools_.out.write(line);
    }
    redrawn_line& above = tools_.say.line();
    if (above.enabled() && !line.ends_with('\n')) {
        return above.print(std::string(line) + "\n");
    }
    above.print(line);
}

// --- from the child to the broker

void task_run::on_child_end(const child_result& result) {
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): the child owns the other one
    const child_result own = result;
    child_ = {};
    if (is_abandoned_) {
        return end({abandoned_as_, {}});
    }
    settle(own);
}

void task_run::settle(const child_result& result) {
    const task_end done{task_fate::done, result.wall_time};
    switch (judge(result, tools_.options.stop_codes)) {
    case verdict::done_then_drain:
        tell_.on_stop_asked(
            fmt::format("task {} asked for it with {}", info_.id, describe(result)));
        [[fallthrough]];
    case verdict::done:
        return tools_.out.when_written([self = shared_from_this(), done] { self->end(done); });
    case verdict::failed:
        return park(result, explain(result), shell_status(result));
    case verdict::stop_worker:
        // First the cancel, then the task: or it would come back to us at once.
        tell_.on_unusable_command(describe(result));
        return end({task_fate::handed_back, {}});
    case verdict::start_again:
        return start_child_later(result);
    }
}

void task_run::park(const child_result& result, const std::string& why, int status) {
    const failure_note note{.attempt = info_.attempt,
                            .error = why,
                            .exit_status = status,
                            .host = host_name(),
                            .failed_at_s = now_s(),
                            .exchange = info_.exchange,
                            .routing_key = info_.routing_key,
                            .stderr_tail = result.stderr_tail};
    parked_copy copy(task_.properties(), note, info_.id, tools_.failed.login());
    is_parking_ = true;
    asio::co_spawn(strand_,
                   await_parked(shared_from_this(), std::move(copy), why, result.wall_time),
                   asio::detached);
}

asio::awaitable<void> task_run::await_parked(std::shared_ptr<task_run> self, parked_copy copy,
                                             std::string why, std::chrono::milliseconds wall_time) {
    std::string body(task_.body());
    std::function<bool()> is_wanted = [self] { return !self->is_abandoned_; };
    const bool is_kept =
        co_await tools_.failed.park(std::move(copy), std::move(body), std::move(is_wanted));
    is_parking_ = false;
    if (is_abandoned_ || !is_kept) {
        end({is_abandoned_ ? abandoned_as_ : task_fate::handed_back, {}});
        co_return;
    }
    tools_.say.error(
        fmt::format("task {} failed: {}; kept in {}", info_.id, why, tools_.failed.failed_queue()));
    end({task_fate::failed, wall_time});
}

void task_run::end(const task_end& how) {
    const auto self = shared_from_this(); // who is told may drop it
    if (!std::exchange(has_ended_, true)) {
        tell_.on_end(how);
    }
}

} // namespace taskwire::tools
