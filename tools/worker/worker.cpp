#include <worker/worker.hpp>

#include <common/duration.hpp>
#include <common/end_signals.hpp>
#include <common/number.hpp>
#include <common/progress.hpp>
#include <common/topology.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <fmt/format.h>

#include <unistd.h>

namespace taskwire::tools {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds count_interval{2};
constexpr std::chrono::seconds plain_interval{10};

strand make_strand(asio::io_context& io) {
    return asio::make_strand(asio::any_io_executor(io.get_executor()));
}

} // namespace

worker::worker(asio::io_context& io, const worker_options& options, const connect_options& to,
               reporter& say, const terminal& err)
    : io_(io),
      options_(options),
      say_(say),
      err_(err),
      context_(make_advice_context(say.tool(), to, options.queue)),
      strand_(make_strand(io)),
      watch_(strand_, say, context_, options.client.reconnect.value_or(reconnect_choice{})),
      how_(make_client_options(to)),
      out_(strand_, STDOUT_FILENO),
      counts_(clock::now()),
      failed_(strand_, how_, options.failed_queue, !options.client.must_exist, say),
      idle_(strand_, options.exit_when_empty, options.exit_when_idle,
            {[this] { return is_idle(); }, [this] { return started_; },
             [this] { return is_queue_empty(); }}),
      changed_(strand_),
      time_over_(strand_),
      drain_over_(strand_),
      redraw_(strand_),
      signals_(strand_) {
    out_.on_failure([this](std::error_code why) { on_output_failure(why); });
    if (say_.line().enabled() && ::isatty(STDOUT_FILENO) == 1) {
        out_.before_write([this] { say_.line().erase(); });
    }
}

int worker::run() {
    add_end_signals(signals_);
    await_signal();
    asio::co_spawn(strand_, work(),
                   asio::bind_cancellation_slot(stop_starting_.slot(), asio::detached));
    io_.run();
    if (status_) {
        return *status_;
    }
    return to_int(options_.is_batch() && counts_.failed() > 0 ? exit_code::failed_tasks
                                                              : exit_code::ok);
}

taskwire::client_options worker::make_client_options(const connect_options& to) {
    taskwire::client_options result;
    result.connect = to;
    result.recovery.reconnect_for = options_.client.reconnect.value_or(reconnect_choice{}).at_most;
    result.on_event = [this](const any_client_event& event) { on_connection_event(event); };
    return result;
}

asio::awaitable<void> worker::work() {
    std::optional<error> failure;
    try {
        co_await open();
    } catch (const error& fault) {
        failure.emplace(fault);
    } catch (const std::system_error&) {
        // Interrupted by a signal. Nothing can be awaited any more, and nothing has begun.
        state_ = state::closing;
    }
    if (failure && signal_count_ == 0) {
        fail(advise(*failure, context_));
    }
    if (state_ == state::closing || signal_count_ > 0) {
        state_ = state::closing;
        signals_.cancel();
        if (client_) {
            client_.close(asio::detached);
        }
        co_return;
    }
    if (!failure && !status_) {
        start_intakes();
        while (!is_at_end()) {
            co_await changed_.wait();
        }
    }
    const bool has_worked = state_ == state::working;
    co_await finish();
    if (has_worked) {
        summarize();
    }
}

asio::awaitable<void> worker::open() {
    client_ = co_await client::open(strand_, how_);
    watch_.on_opened();
    client_.wait_closed([this](const close_reason& why) {
        watch_.on_ended();
        on_connection_ended(why);
    });
    std::function<asio::awaitable<void>()> prepare = [this] { return prepare_queue(); };
    co_await watch_.see_through(std::move(prepare));
    if (!status_) {
        co_await open_intakes();
    }
}

asio::awaitable<void> worker::prepare_queue() {
    const auto ready = co_await count_ready(client_, options_.queue);
    const bool has_command = !options_.command.empty();
    if (!options_.client.must_exist && !ready) {
        co_await create_failed_queue(client_, options_.failed_queue);
        co_await create_work_queue(client_, options_.queue, options_.client.type,
                                   options_.failed_queue);
        say_.info(fmt::format("created queue '{}', and '{}' for tasks that fail", options_.queue,
                              options_.failed_queue));
    } else if (!ready) {
        fail(to_int(exit_code::configuration),
             fmt::format("queue '{}' does not exist", options_.queue),
             "leave out --must-exist to have it created");
    } else if (options_.client.must_exist && has_command) {
        const auto parked = co_await count_ready(client_, options_.failed_queue);
        if (!parked) {
            fail(to_int(exit_code::configuration),
                 fmt::format("queue '{}', for tasks that fail, does not exist",
                             options_.failed_queue),
                 "leave out --must-exist to have it created, or name one with --failed-queue");
        }
    }
}

asio::awaitable<void> worker::open_intakes() {
    if (options_.command.empty()) {
        const char terminator = options_.null_terminated ? '\0' : '\n';
        bodies_.emplace(out_, terminator, make_hooks());
        co_await bodies_->open(client_, options_.queue, options_.prefetch_count,
                               options_.when_cancelled);
        co_return;
    }
    crew_.emplace(strand_, run_tools{options_, say_, out_, failed_}, ids_, make_hooks());
    co_await crew_->open(client_);
}

void worker::start_intakes() {
    state_ = state::working;
    say_.detail(fmt::format("working on '{}' at {}", options_.queue, context_.hosts));
    if (bodies_) {
        bodies_->start();
    } else if (crew_) {
        crew_->start();
    }
    asio::co_spawn(strand_, watch_idle(), asio::detached);
    asio::co_spawn(strand_, show_status(), asio::detached);
    if (options_.time_max) {
        call_after(time_over_, *options_.time_max, &worker::on_time_over);
    }
}

// In good order: what was written is taken, what was acknowledged has reached the broker.
asio::awaitable<void> worker::finish() {
    bool is_written = false;
    out_.when_written([this, &is_written] {
        is_written = true;
        changed_.now();
    });
    while (!is_written && !has_given_up_ && state_ == state::working) {
        co_await changed_.wait();
    }
    state_ = state::closing;
    out_.close();
    idle_.stop();
    time_over_.cancel();
    drain_over_.cancel();
    redraw_.cancel();
    if (crew_) {
        co_await crew_->close();
    }
    if (bodies_) {
        co_await bodies_->input().close();
    }
    co_await failed_.close();
    if (client_) {
        std::error_code lost; // fail() has told
        co_await client_.close(asio::redirect_error(asio::use_awaitable, lost));
    }
    signals_.cancel();
    say_.line().erase();
}

asio::awaitable<void> worker::watch_idle() {
    const std::string why = co_await idle_.run();
    if (!why.empty()) {
        say_.detail(why);
        drain(true);
    }
}

std::vector<const intake*> worker::intakes() {
    if (bodies_) {
        return {&bodies_->input()};
    }
    return crew_ ? crew_->intakes() : std::vector<const intake*>{};
}

asio::awaitable<bool> worker::is_queue_empty() {
    try {
        for (const intake* each : intakes()) {
            // One that is opened again has perhaps just lost a task, which is in the queue then.
            if (!each->is_open()) {
                co_return false;
            }
            const std::uint32_t ready = co_await each->count_ready();
            if (ready > 0) {
                co_return false;
            }
        }
    } catch (const error&) {
        co_return false; // that intake's end says more
    }
    co_return true;
}

asio::awaitable<void> worker::show_status() {
    const bool is_plain = options_.client.progress == progress_choice::plain;
    auto counted_at = clock::now() - count_interval;
    while (state_ == state::working && (is_plain || say_.line().enabled())) {
        redraw_.expires_after(is_plain ? std::chrono::milliseconds(plain_interval)
                                       : redrawn_line::interval);
        std::error_code stopped;
        co_await redraw_.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
        if (stopped || state_ != state::working) {
            break;
        }
        if (clock::now() - counted_at >= count_interval && watch_.is_connected()) {
            counted_at = clock::now();
            try {
                ready_ = co_await count_ready(client_, options_.queue);
            } catch (const error&) {
                ready_.reset();
            }
        }
        worker_status status;
        status.ok = counts_.done();
        status.failed = counts_.failed();
        status.slots = bodies_ ? 1 : options_.jobs;
        status.busy = busy_count();
        status.ready = ready_;
        status.rate_per_s = counts_.rate_per_s(clock::now());
        if (is_plain) {
            say_.plain(render(status, 1000));
        } else if (state_ == state::working) {
            say_.line().update(render(status, err_.width), clock::now());
        }
    }
}

void worker::summarize() {
    const auto now = clock::now();
    if (bodies_) {
        const auto elapsed = counts_.elapsed(now);
        const double s = static_cast<double>(std::max<std::int64_t>(elapsed.count(), 1)) / 1000.0;
        std::string line =
            fmt::format("{} written in {}", counts_.done(), format_duration(elapsed));
        if (counts_.done() > 0) {
            line += fmt::format(" ({}, {})", format_rate(static_cast<double>(counts_.done()) / s),
                                format_byte_rate(static_cast<double>(out_.written()) / s));
        }
        return say_.plain(line);
    }
    worker_summary summary = counts_.summarize(now, options_.jobs);
    summary.failed_queue = options_.failed_queue;
    say_.plain(render(summary));
}

} // namespace taskwire::tools
