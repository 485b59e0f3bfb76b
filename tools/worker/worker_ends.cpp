#include <worker/worker.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <unistd.h>

namespace taskwire::tools {

namespace {

constexpr std::size_t named_task_count_max = 5;

std::string name_of(int signal) {
    const char* const name = ::sigabbrev_np(signal);
    return name != nullptr ? name : fmt::format("signal {}", signal);
}

// Codes that close a channel, not its connection. Source: AMQP 0-9-1, 1.4.
bool is_channel_error(const error& why) {
    return why.code() == reply_code::access_refused || why.code() == reply_code::not_found ||
           why.code() == reply_code::resource_locked ||
           why.code() == reply_code::precondition_failed ||
           why.code() == reply_code::content_too_large || why.code() == reply_code::no_consumers;
}

} // namespace

worker_hooks worker::make_hooks() {
    return {
        .may_start = [this] { return may_start(); },
        .on_task_end = [this](const task_end& end) { on_task_end(end); },
        .on_change = [this] { changed(); },
        .on_overdue =
            [this](const error& why, const std::string& task_id) {
                const advice what = advise(why, context_);
                say_.error(task_id.empty() ? what.problem
                                           : fmt::format("task {}: {}", task_id, what.problem),
                           what.remedy);
            },
        .on_lost = [this](const error& why) { on_lost(why); },
        .on_stop_asked =
            [this](const std::string& why) {
                if (!is_draining_) {
                    say_.info("ending: " + why);
                }
                drain(false);
            },
        .on_unusable_command =
            [this](const std::string& why) {
                fail(to_int(exit_code::configuration),
                     fmt::format("'{}': {}", options_.command.front(), why),
                     "the task is back in the queue; check the command");
            },
    };
}

bool worker::may_start() {
    if (!accepts_ || (options_.task_count_max && started_ >= *options_.task_count_max)) {
        return false;
    }
    ++started_;
    if (options_.task_count_max && started_ == *options_.task_count_max) {
        drain(false);
    }
    return true;
}

void worker::on_task_end(const task_end& end) {
    counts_.add(end, statistics::clock::now());
    if (end.fate == task_fate::lost && is_draining_ && !status_) {
        status_ = to_int(exit_code::temporary); // nobody here is going to finish it
    }
}

void worker::on_lost(const error& why) {
    if (state_ == state::closing || is_lost_) {
        return;
    }
    if (why.code() == reply_code::not_found) {
        fail(to_int(exit_code::configuration),
             fmt::format("queue '{}' was deleted", options_.queue),
             "start again to have it created");
    } else if (why.code() == errc::consumer_cancelled) {
        fail(to_int(exit_code::unavailable),
             fmt::format("the broker has cancelled the consumer of queue '{}'", options_.queue),
             "--on-cancel retry consumes again");
    } else if (is_channel_error(why)) {
        fail(advise(why, context_));
    } else {
        // The connection's end, of which each channel tells.
        on_connection_ended(why.reason() != nullptr ? *why.reason()
                                                    : close_reason{why.code(), {}, false, {}});
    }
}

// An outage. What cannot outlast it is told by those who have it.
void worker::on_connection_event(const any_client_event& event) {
    watch_.on_event(event);
    const bool is_lost = std::holds_alternative<client_event::lost>(event);
    const bool is_back = std::holds_alternative<client_event::recovered>(event);
    if (crew_ && is_lost) {
        crew_->on_connection_lost();
    }
    if (crew_ && is_back) {
        crew_->on_connection_back();
    }
    if (bodies_ && is_lost) {
        bodies_->on_connection_lost();
    }
}

void worker::on_connection_ended(const close_reason& why) {
    if (state_ == state::closing || std::exchange(is_lost_, true)) {
        return;
    }
    const std::string running = running_tasks();
    fail(advise(why.code ? why : close_reason{errc::connection_lost, {}, false, {}}, context_));
    if (!running.empty()) {
        say_.warning(fmt::format("terminating {}; the broker will deliver what was not finished "
                                 "again",
                                 running));
    }
    if (crew_) {
        crew_->on_connection_ended();
    }
    if (bodies_) {
        bodies_->give_up();
    }
    changed();
}

// A reader that goes away ends us as it would end any filter, but in good order.
void worker::on_output_failure(std::error_code why) {
    if (why == std::errc::broken_pipe) {
        status_ = status_.value_or(exit_by_signal(SIGPIPE));
    } else {
        fail(to_int(exit_code::temporary), "cannot write to stdout: " + why.message(), {});
    }
    give_up();
}

void worker::await_signal() {
    signals_.async_wait([this](std::error_code stopped, int number) {
        if (!stopped) {
            on_signal(number);
        }
    });
}

void worker::on_signal(int number) {
    ++signal_count_;
    await_signal();
    if (signal_count_ > 2) {
        die(number);
    }
    if (signal_count_ == 2) {
        status_ = exit_by_signal(number);
        const std::string running = running_tasks();
        say_.info(running.empty() ? name_of(number) + ": ending"
                                  : fmt::format("{}: terminating {}", name_of(number), running));
        return give_up();
    }
    if (state_ == state::starting) {
        return stop_starting_.emit(asio::cancellation_type::terminal);
    }
    const std::string running = running_tasks();
    drain(false);
    if (!running.empty()) {
        say_.info(fmt::format("{}: no more tasks; waiting for {}; once more terminates them",
                              name_of(number), running));
    }
}

// Patience is over. The broker learns it from the connection's end.
void worker::die(int number) {
    if (crew_) {
        crew_->kill();
    }
    say_.line().erase();
    ::_exit(exit_by_signal(number));
}

// `with_surplus`: tasks that are on their way are worked on, too.
void worker::drain(bool with_surplus) {
    if (!with_surplus) {
        accepts_ = false;
    }
    if (std::exchange(is_draining_, true)) {
        return;
    }
    if (crew_) {
        crew_->cancel(with_surplus);
    }
    if (bodies_) {
        bodies_->cancel();
    }
    if (options_.drain_timeout) {
        call_after(drain_over_, *options_.drain_timeout, &worker::on_drain_time_over);
    }
    changed();
}

void worker::give_up() {
    accepts_ = false;
    has_given_up_ = true;
    drain(false);
    failed_.give_up();
    if (crew_) {
        crew_->give_up();
    }
    if (bodies_) {
        bodies_->give_up();
    }
    changed();
}

void worker::fail(int status, const std::string& problem, const std::string& remedy) {
    if (!status_) {
        status_ = status;
        say_.error(problem, remedy);
    }
    drain(false);
}

void worker::call_after(asio::steady_timer& timer, std::chrono::milliseconds time,
                        void (worker::*what)()) {
    timer.expires_after(time);
    timer.async_wait([this, what](std::error_code stopped) {
        if (!stopped && state_ == state::working) {
            (this->*what)();
        }
    });
}

void worker::on_time_over() {
    say_.detail("--max-time is over");
    drain(false);
}

void worker::on_drain_time_over() {
    const std::string running = running_tasks();
    if (running.empty()) {
        return;
    }
    status_ = status_.value_or(to_int(exit_code::temporary));
    say_.warning(fmt::format("--drain-timeout is over: terminating {}", running));
    give_up();
}

std::size_t worker::busy_count() const {
    return crew_ ? crew_->busy_count() : bodies_ && bodies_->is_busy() ? 1 : 0;
}

bool worker::is_at_end() const {
    return (!bodies_ || bodies_->is_at_end()) && (!crew_ || crew_->is_at_end());
}

// "2 tasks (a, b)"; "" if there are none.
std::string worker::running_tasks() const {
    const auto ids = crew_ ? crew_->running_ids() : std::vector<std::string>{};
    if (ids.empty()) {
        return {};
    }
    const std::size_t named = std::min(ids.size(), named_task_count_max);
    return fmt::format(
        "{} task{} ({}{})", ids.size(), ids.size() == 1 ? "" : "s",
        fmt::join(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(named), ", "),
        ids.size() > named ? ", …" : "");
}

void worker::changed() {
    idle_.on_change();
    changed_.now();
}

} // namespace taskwire::tools
