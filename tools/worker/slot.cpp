#include <worker/slot.hpp>

#include <worker/environment.hpp>
#include <worker/metadata.hpp>
#include <worker/substitution.hpp>
#include <worker/task.hpp>

#include <common/advice.hpp>
#include <common/duration.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unistd.h>

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

// RabbitMQ closes a channel when an acknowledgement takes longer than its consumer_timeout.
bool is_acknowledgement_timeout(const error& why) {
    return why.code() == reply_code::precondition_failed && why.reason() != nullptr &&
           why.reason()->text.find("delivery acknowledgement") != std::string::npos;
}

} // namespace

slot::slot(std::uint64_t number, const strand& executor, const slot_tools& tools,
           worker_hooks hooks)
    : number_(number),
      strand_(executor),
      tools_(tools),
      hooks_(std::move(hooks)),
      intake_({[this](delivery task) { on_delivery(std::move(task)); },
               [this](const error& why) { on_end(why); }}),
      again_(executor) {}

asio::awaitable<void> slot::open(connection on) {
    connection_ = on;
    co_await intake_.open(std::move(on), tools_.options.queue, 1);
    has_ended_ = false;
}

void slot::cancel() {
    wants_reopen_ = false;
    intake_.cancel();
}

void slot::give_up() {
    has_given_up_ = true;
    cancel();
    if (!task_) {
        return;
    }
    if (child_.running()) {
        child_.terminate();
    } else {
        again_.cancel();
        hand_back();
    }
}

void slot::on_connection_lost() {
    wants_reopen_ = false;
    has_ended_ = true;
    if (task_) {
        is_lost_ = true;
        lose_task();
    }
}

// --- from the broker to the child

void slot::on_delivery(delivery task) {
    if (has_given_up_ || task_ || !hooks_.may_start()) {
        return intake_.hand_back(task);
    }
    task_place place{.queue = tools_.options.queue, .slot = number_, .timeout = {}};
    if (tools_.options.timeout.count() > 0) {
        place.timeout = tools_.options.timeout;
    }
    info_ = describe_task(task, place, tools_.ids.next());
    task_ = std::move(task);
    ++task_number_;
    pause_ = pause_first;
    hooks_.on_change();
    start_child();
}

void slot::start_child() {
    const worker_options& options = tools_.options;
    child_spec spec;
    spec.argv = options.command;
    if (!options.is_shell_line) {
        const placeholder_values values{task_->body(), info_.id, info_.attempt, number_};
        if (const std::string fault = substitute(options.command, values, spec.argv);
            !fault.empty()) {
            return park({}, fault, status_not_executable);
        }
    }
    const std::string metadata = metadata_json(info_);
    spec.environment = child_environment(environ, task_environment(info_));
    spec.body = task_->body();
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
void slot::start_child_later(const child_result& why) {
    tools_.say.warning(fmt::format("task {}: {}; trying again in {}", info_.id, describe(why),
                                   format_duration(pause_)));
    again_.expires_after(pause_);
    pause_ = std::min(pause_ * 2, pause_last);
    again_.async_wait([this](const std::error_code& fault) {
        if (!fault && task_) {
            start_child();
        }
    });
}

void slot::on_output(output_stream stream, std::string_view line) {
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

void slot::on_child_end(const child_result& result) {
    const child_result own = result; // the child owns the other one
    child_ = {};
    if (is_lost_) {
        return lose_task();
    }
    if (has_given_up_) {
        return hand_back();
    }
    settle(own);
}

void slot::settle(const child_result& result) {
    const task_end end{task_fate::done, result.wall_time};
    switch (judge(result, tools_.options.stop_codes)) {
    case verdict::done_then_drain:
        hooks_.on_stop_asked(
            fmt::format("task {} asked for it with {}", info_.id, describe(result)));
        [[fallthrough]];
    case verdict::done:
        return tools_.out.when_written([this, end, which = task_number_] {
            // Meanwhile it may have been lost or handed back.
            if (task_ && which == task_number_) {
                ack(end);
            }
        });
    case verdict::failed:
        return park(result, explain(result), shell_status(result));
    case verdict::stop_worker:
        // First the cancel, then the task: or it would come back to us at once.
        hooks_.on_unusable_command(describe(result));
        return hand_back();
    case verdict::start_again:
        return start_child_later(result);
    }
}

void slot::park(const child_result& result, const std::string& why, int status) {
    const failure_note note{.attempt = info_.attempt,
                            .error = why,
                            .exit_status = status,
                            .host = host_name(),
                            .failed_at_s = now_s(),
                            .exchange = info_.exchange,
                            .routing_key = info_.routing_key,
                            .stderr_tail = result.stderr_tail};
    parked_copy copy(task_->properties(), note, info_.id, tools_.failed.login());
    is_parking_ = true;
    asio::co_spawn(strand_, park_and_ack(std::move(copy), why, result.wall_time), asio::detached);
}

asio::awaitable<void> slot::park_and_ack(parked_copy copy, std::string why,
                                         std::chrono::milliseconds wall_time) {
    std::string body(task_->body());
    std::function<bool()> is_wanted = [this] { return task_ && !is_lost_ && !has_given_up_; };
    const bool is_kept =
        co_await tools_.failed.park(std::move(copy), std::move(body), std::move(is_wanted));
    is_parking_ = false;
    if (!task_) {
        co_return; // handed back meanwhile
    }
    if (is_lost_) {
        lose_task();
        co_return;
    }
    if (!is_kept) {
        hand_back();
        co_return;
    }
    tools_.say.error(
        fmt::format("task {} failed: {}; kept in {}", info_.id, why, tools_.failed.failed_queue()));
    ack({task_fate::failed, wall_time});
}

void slot::ack(const task_end& end) {
    intake_.ack(*task_, [this, id = info_.id](settle_result result) {
        if (result != settle_result::sent) {
            tools_.say.warning(
                fmt::format("task {} is done, but its channel has closed: it will be delivered "
                            "again",
                            id));
        }
    });
    end_task(end);
}

void slot::hand_back() {
    intake_.hand_back(*task_);
    end_task({task_fate::handed_back, {}});
}

// Its child is terminated; what still goes on for it ends by itself and comes here again.
void slot::lose_task() {
    if (child_.running()) {
        return child_.terminate();
    }
    again_.cancel();
    if (!is_parking_) {
        is_lost_ = false;
        end_task({task_fate::lost, {}});
    }
}

void slot::end_task(const task_end& end) {
    task_.reset();
    hooks_.on_task_end(end);
    reopen_if_wanted();
    hooks_.on_change();
}

// --- the end of the consumer

void slot::on_end(const error& why) {
    has_ended_ = true;
    const bool is_channel_closed = why.code() != errc::consumer_cancelled;
    const bool is_ours = intake_.is_cancelled();
    if (!is_ours && is_acknowledgement_timeout(why)) {
        advice_context context;
        context.queue = tools_.options.queue;
        const advice what = advise(why, context);
        tools_.say.error(task_ ? fmt::format("task {}: {}", info_.id, what.problem) : what.problem,
                         what.remedy);
        wants_reopen_ = true;
    } else if (!is_ours) {
        hooks_.on_lost(why);
    }
    if (is_channel_closed && task_) {
        is_lost_ = true;
        lose_task();
    }
    reopen_if_wanted();
    hooks_.on_change();
}

void slot::reopen_if_wanted() {
    if (wants_reopen_ && has_ended_ && !task_) {
        has_ended_ = false;
        asio::co_spawn(strand_, open_again(), asio::detached);
    }
}

asio::awaitable<void> slot::open_again() {
    std::optional<error> failure;
    try {
        co_await intake_.open(connection_, tools_.options.queue, 1);
        intake_.run();
        if (!wants_reopen_) {
            intake_.cancel(); // the worker was told to end meanwhile
        }
        wants_reopen_ = false;
        co_return;
    } catch (const error& fault) {
        failure.emplace(fault);
    }
    wants_reopen_ = false;
    has_ended_ = true;
    hooks_.on_lost(*failure);
    hooks_.on_change();
}

} // namespace taskwire::tools
