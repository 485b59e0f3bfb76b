#include <producer/producer.hpp>

#include <common/duration.hpp>
#include <common/number.hpp>
#include <common/progress.hpp>
#include <common/size.hpp>
#include <common/summary.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <csignal>
#include <ctime>

/// What comes back to the producer: outcomes, signals, the broker's notices; and the end.
namespace taskwire::tools {

namespace {

constexpr std::uint64_t complaints_max = 10;
constexpr std::chrono::seconds plain_interval{5};
constexpr const char* run_again =
    "it is safe to run it again: nothing is lost, some tasks may come twice";

std::string label(const tracked_task& task, input_kind input) {
    switch (input) {
    case input_kind::files:
        return fmt::format("task {} ({})", task.number, task.file);
    case input_kind::standard_input:
        return fmt::format("task {} (line {})", task.number, task.line);
    case input_kind::bodies:
        break;
    }
    return fmt::format("task {}", task.number);
}

std::string count_of(std::uint64_t number) {
    return number == 1 ? "1 task" : fmt::format("{} tasks", number);
}

/// Refused for what it is, not for want of a connection.
bool is_about_message(const publish_outcome& outcome) {
    return outcome.what() == publish_outcome::kind::refused &&
           (outcome.code() == errc::string_too_long || outcome.code() == errc::name_refused ||
            outcome.code() == errc::header_exceeds_frame_max ||
            outcome.code() == errc::number_not_finite || outcome.code() == errc::window_full);
}

bool is_overdue(const publish_outcome& outcome) {
    return outcome.code() == errc::request_timed_out;
}

} // namespace

void producer::submit(std::string body, std::uint64_t number, std::uint64_t line,
                      const std::string& file) {
    std::string id;
    switch (options_.id) {
    case id_choice::uuid:
        id = uuids_.next();
        break;
    case id_choice::sha256:
        id = sha256_hex(body);
        break;
    case id_choice::line:
        id = std::to_string(line);
        break;
    }
    last_line_ = line;
    tracked_task task{.file = file, .number = number, .line = line, .size = body.size()};
    if (rejects_.is_open() && options_.input != input_kind::files)
        task.body = body;
    const auto& properties =
        properties_.make(id, static_cast<std::uint64_t>(::time(nullptr)), file);
    if (options_.print != print_choice::none)
        task.id = id;
    const std::uint64_t key = tracker_.add(std::move(task));
    publisher_.publish(method_, properties, std::move(body),
                       [this, key](const publish_outcome& outcome) { on_outcome(key, outcome); });
}

/// A task that cannot even be sent.
void producer::refuse(std::string_view text, std::uint64_t number, std::uint64_t line,
                      const std::string& file) {
    tracked_task task{.file = file, .number = number, .line = line};
    complain(fmt::format("{}: {}", label(task, options_.input), text));
    last_line_ = line;
    tracker_.settle(tracker_.add(std::move(task)), task_fate::refused);
    if (options_.errors_max && tracker_.counts().errors() >= *options_.errors_max) {
        too_many_errors_ = true;
        stop();
    }
}

void producer::on_outcome(std::uint64_t key, const publish_outcome& outcome) {
    tracker_.settle(key, outcome.confirmed() ? task_fate::confirmed : explain(key, outcome));
    if (!outcome.confirmed() && options_.errors_max && !too_many_errors_ &&
        tracker_.counts().errors() >= *options_.errors_max) {
        too_many_errors_ = true;
        stop();
    }
    notify();
}

task_fate producer::explain(std::uint64_t key, const publish_outcome& outcome) {
    using kind = publish_outcome::kind;
    const std::string who = label(*tracker_.find(key), options_.input);
    switch (outcome.what()) {
    case kind::confirmed:
        return task_fate::confirmed;
    case kind::returned:
        if (options_.exchange)
            complain(fmt::format("{}: exchange '{}' routes key '{}' to no queue ({})", who,
                                 *options_.exchange, options_.routing_key, outcome.text()));
        else
            complain(
                fmt::format("{}: queue '{}' is gone ({})", who, options_.queue, outcome.text()));
        return task_fate::returned;
    case kind::nacked:
        complain(fmt::format("{}: the broker could not take it; is the queue full?", who));
        return task_fate::nacked;
    case kind::unknown:
    case kind::refused:
        break;
    }
    if (is_overdue(outcome)) {
        overdue_ = true;
        complain(fmt::format("{}: not confirmed within {}", who,
                             spell_duration(options_.confirm_timeout)));
        return task_fate::unknown;
    }
    if (is_about_message(outcome)) {
        complain(fmt::format("{}: {}", who, outcome.text()));
        return task_fate::refused;
    }
    on_channel_lost(outcome);
    return key == culprit_ ? task_fate::refused : task_fate::unknown;
}

/// The first of many outcomes that all have one cause.
void producer::on_channel_lost(const publish_outcome& outcome) {
    if (std::exchange(channel_lost_, true))
        return;
    const std::uint64_t count = tracker_.outstanding();
    advice what = advise(outcome.code(), outcome.text(), context_);
    if (const auto size = refused_size(outcome.text()))
        culprit_ = tracker_.find_by_size(*size);
    if (culprit_)
        what.problem =
            fmt::format("{}: {}", label(*tracker_.find(*culprit_), options_.input), what.problem);
    else
        what.problem += fmt::format("; {} unconfirmed", count_of(count));
    // What was refused for a reason would be refused again: no exit status 75 then.
    if (what.code == exit_code::unavailable || what.code == exit_code::temporary)
        what.remedy = run_again;
    else
        fault_ = what.code;
    says_.error(what.problem, what.remedy);
    stop();
}

/// In input order.
void producer::on_settled(const tracked_task& task, task_fate fate) {
    if (fate != task_fate::confirmed)
        rejects_.append(rejects_.is_open() ? frame_again(task, options_.input, options_.records)
                                           : std::string{});
    else if (output_)
        output_->append(print_line(options_.print, task));
}

void producer::on_closed(const close_reason& why) {
    watch_.on_ended();
    if (done_ || std::exchange(channel_lost_, true))
        return;
    const advice what = advise(why, context_);
    if (!started_) {
        fail(what);
    } else if (!input_finished_ || tracker_.outstanding() > 0) {
        says_.error(
            fmt::format("{}; {} unconfirmed", what.problem, count_of(tracker_.outstanding())),
            "it is safe to run it again: nothing is lost, some tasks may come twice");
    }
    stop();
}

void producer::on_blocked(bool blocked, std::string_view reason) {
    blocked_ = blocked;
    says_.warning(describe_blocked(blocked, reason));
    notify();
}

/// Tasks matter more than their ids: a reader who has gone does not stop us.
void producer::on_output_changed() {
    const auto fault = output_ ? output_->fault() : std::error_code{};
    if (fault && fault != std::errc::broken_pipe)
        says_.error(fmt::format("cannot write to stdout: {}", fault.message()));
    else if (fault)
        says_.warning("nobody reads stdout any more; publishing goes on");
    notify();
}

void producer::complain(const std::string& text) {
    ++complaints_;
    if (complaints_ <= complaints_max || says_.verbosity() >= 1)
        says_.error(text);
    else if (complaints_ == complaints_max + 1)
        says_.error("… further tasks are not named; -v names all");
}

void producer::fail(const advice& what) {
    fault_ = what.code;
    says_.error(what.problem, what.remedy);
}

void producer::await_signal() {
    signals_.async_wait([this](std::error_code fault, int number) {
        if (fault)
            return;
        on_signal(number);
        await_signal();
    });
}

void producer::on_signal(int number) {
    if (++signal_count_ > 1 || !started_) {
        second_signal_ = signal_count_ > 1 ? number : 0;
        stopping_ = true;
        io_.stop();
        return;
    }
    if (tracker_.outstanding() > 0)
        says_.info(fmt::format("waiting for {} to be confirmed; once more quits at once",
                               count_of(tracker_.outstanding())));
    stop();
}

/// Reads no more; what is under way goes on.
void producer::stop() {
    stopping_ = true;
    if (stdin_)
        stdin_->cancel();
    notify();
}

void producer::notify() {
    if (waiting_)
        changed_.cancel();
}

void producer::show_progress() {
    const bool plain = options_.client.progress == progress_choice::plain;
    redrawn_line& line = says_.line();
    if ((!line.enabled() && !plain) || done_)
        return;
    const auto now = clock::now();
    const auto done = tracker_.counts().settled();
    if (!rate_)
        rate_.emplace(now);
    rate_->add(done - std::exchange(shown_, done), now);
    const producer_progress progress{
        .done = done,
        .total = total_,
        .rate_per_s = rate_->rate_per_s(now),
        .unconfirmed = tracker_.outstanding(),
        .is_connected = watch_.is_connected(),
    };
    if (line.enabled())
        line.update(render(progress, examine_terminal(STDERR_FILENO, options_.client.color).width),
                    now);
    else if (done > 0)
        says_.plain(render(progress, 80));
    progress_timer_.expires_after(line.enabled() ? redrawn_line::interval : plain_interval);
    progress_timer_.async_wait([this](std::error_code fault) {
        if (!fault)
            show_progress();
    });
}

int producer::finish() {
    tracker_.abandon();
    if (output_)
        output_->flush_at_once();
    const task_counts& counts = tracker_.counts();
    if (rejects_.fault())
        says_.error(fmt::format("--rejects: {}", rejects_.fault().message()));
    const bool stdout_failed =
        output_ && output_->fault() && output_->fault() != std::errc::broken_pipe;
    const int status = exit_status({.counts = counts,
                                    .input_finished = input_finished_,
                                    .too_many_errors = too_many_errors_,
                                    .output_failed = stdout_failed || rejects_.fault(),
                                    .second_signal = second_signal_,
                                    .fault = fault_});
    says_.line().erase();
    if (!started_)
        return status;
    if (!input_finished_ && options_.input == input_kind::standard_input && !fault_)
        says_.info(last_line_ > 0
                       ? fmt::format("stopped after line {}; what follows was not sent", last_line_)
                       : "stopped before the first line; nothing was sent");
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - *started_);
    says_.plain(render(producer_summary{.confirmed = counts.confirmed,
                                        .returned = counts.returned,
                                        .nacked = counts.nacked,
                                        .unknown = counts.unknown,
                                        .refused = counts.refused,
                                        .body_bytes = counts.confirmed_bytes,
                                        .elapsed = elapsed}),
                status != 0);
    return status;
}

} // namespace taskwire::tools
