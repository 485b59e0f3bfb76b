#pragma once

#include <common/advice.hpp>
#include <common/connection_watch.hpp>
#include <common/reporter.hpp>
#include <common/terminal.hpp>
#include <common/wake_up.hpp>
#include <worker/bodies.hpp>
#include <worker/crew.hpp>
#include <worker/idle_watch.hpp>
#include <worker/options.hpp>
#include <worker/output.hpp>
#include <worker/parking.hpp>
#include <worker/statistics.hpp>

#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace taskwire::tools {

// A run of taskwire-worker, from connecting to the exit status.
// Its states: starting; working; draining, when no more tasks are taken; given up, when what runs
// is terminated and handed back; closing.
// Lifetimes: the io_context and the reporter are borrowed, and must outlive it.
// Thread safety: none; run() runs the io_context on the calling thread, which must live as long as
// the program: children die with it.
class worker {
  public:
    worker(asio::io_context& io, const worker_options& options, const connect_options& to,
           reporter& say, const terminal& err);
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    ~worker() = default;

    // Returns the exit status.
    int run();

  private:
    enum class state { starting, working, closing };

    // worker.cpp: the course of a run
    taskwire::client_options make_client_options(const connect_options& to);
    asio::awaitable<void> work();
    asio::awaitable<void> open();
    asio::awaitable<void> prepare_queue();
    asio::awaitable<void> open_intakes();
    void start_intakes();
    asio::awaitable<void> finish();
    asio::awaitable<void> watch_idle();
    std::vector<const intake*> intakes();
    asio::awaitable<bool> is_queue_empty();
    asio::awaitable<void> show_status();
    void summarize();

    // worker_ends.cpp: what ends it
    worker_hooks make_hooks();
    bool may_start();
    void on_task_end(const task_end& end);
    void on_lost(const error& why);
    void on_connection_event(const any_client_event& event);
    void on_connection_ended(const close_reason& why);
    void on_output_failure(std::error_code why);
    void on_signal(int number);
    void await_signal();
    void die(int number);
    void drain(bool with_surplus);
    void give_up();
    void fail(int status, const std::string& problem, const std::string& remedy);
    void fail(const advice& what) { fail(to_int(what.code), what.problem, what.remedy); }
    void call_after(asio::steady_timer& timer, std::chrono::milliseconds time,
                    void (worker::*what)());
    void on_time_over();
    void on_drain_time_over();
    std::size_t busy_count() const;
    bool is_idle() const { return busy_count() == 0; }
    bool is_at_end() const;
    std::string running_tasks() const;
    void changed();

    asio::io_context& io_;
    const worker_options& options_;
    reporter& say_;
    terminal err_;
    advice_context context_;
    strand strand_;
    connection_watch watch_;
    taskwire::client_options how_;
    output out_;
    uuid_source ids_;
    statistics counts_;
    parking failed_;
    idle_watch idle_;
    wake_up changed_;
    asio::steady_timer time_over_;
    asio::steady_timer drain_over_;
    asio::steady_timer redraw_;
    asio::signal_set signals_;
    asio::cancellation_signal stop_starting_;

    client client_;
    std::optional<crew> crew_;     // with a command
    std::optional<bodies> bodies_; // without one

    state state_ = state::starting;
    bool is_draining_ = false;
    bool accepts_ = true;
    bool has_given_up_ = false;
    bool is_lost_ = false; // the connection, for good
    int signal_count_ = 0;
    std::uint64_t started_ = 0;          // tasks; body mode: bodies
    std::optional<int> status_;          // once something went wrong
    std::optional<std::uint32_t> ready_; // in the queue, some seconds ago
};

} // namespace taskwire::tools
