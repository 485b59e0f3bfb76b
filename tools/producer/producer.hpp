#pragma once

#include <common/advice.hpp>
#include <common/connection_watch.hpp>
#include <common/output_pump.hpp>
#include <common/rate_meter.hpp>
#include <common/reporter.hpp>
#include <producer/message_id.hpp>
#include <producer/options.hpp>
#include <producer/property_builder.hpp>
#include <producer/results.hpp>
#include <producer/tracker.hpp>

#include <taskwire/client.hpp>
#include <taskwire/publisher.hpp>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace taskwire::tools {

// One run of taskwire-producer: reads tasks, publishes them within a window, tells what became of
// each. One coroutine reads and publishes; outcomes come back as callbacks, so that a task costs no
// coroutine. Everything runs on one thread.
// Lifetimes: `options` and `says` must outlive it.
class producer {
  public:
    producer(const producer_options& options, const connect_options& to, reporter& says);

    // Returns the exit status. To be called once.
    int run();

  private:
    using clock = std::chrono::steady_clock;

    // producer.cpp: the way to an open publisher, and the input
    asio::awaitable<void> work();
    taskwire::client_options make_client_options();
    asio::awaitable<void> open_publisher();
    asio::awaitable<void> find_target();
    asio::awaitable<void> find_queue();
    asio::awaitable<void> publish_input();
    asio::awaitable<void> publish_bodies();
    asio::awaitable<void> publish_files();
    asio::awaitable<void> publish_stdin();
    asio::awaitable<std::size_t> read_stdin(std::span<char> chunk);
    asio::awaitable<void> await_room(std::size_t size);
    asio::awaitable<void> await_library();
    asio::awaitable<void> await_end();
    asio::awaitable<void> changed();

    bool is_full(std::size_t size) const;

    // outcomes.cpp: what comes back, and the ends
    void submit(std::string body, std::uint64_t number, std::uint64_t line,
                const std::string& file);
    void refuse(std::string_view text, std::uint64_t number, std::uint64_t line,
                const std::string& file);
    void on_outcome(std::uint64_t key, const publish_outcome& outcome);
    task_fate explain(std::uint64_t key, const publish_outcome& outcome);
    void on_channel_lost(const publish_outcome& outcome);
    void on_settled(const tracked_task& task, task_fate fate);
    void on_closed(const close_reason& why);
    void on_blocked(bool blocked, std::string_view reason);
    void on_output_changed();
    void complain(const std::string& text);
    void fail(const advice& what);
    void await_signal();
    void on_signal(int number);
    void stop();
    void notify();
    void show_progress();
    int finish();

    const producer_options& options_;
    connect_options to_;
    reporter& says_;
    advice_context context_;

    asio::io_context io_;
    strand strand_;
    asio::signal_set signals_;
    asio::steady_timer changed_; // never expires: cancelling it wakes the coroutine
    asio::steady_timer progress_timer_;
    std::optional<status_flags_guard> stdin_flags_;
    std::optional<asio::posix::stream_descriptor> stdin_;
    std::optional<output_pump> output_;
    rejects_file rejects_;

    connection_watch watch_;
    client client_;
    publisher publisher_;
    property_builder properties_;
    uuid_source uuids_;
    task_tracker tracker_;
    spec::basic::publish method_;

    std::optional<std::uint64_t> total_; // of tasks, if it can be told
    std::optional<clock::time_point> started_;
    std::optional<rate_meter> rate_; // of what is settled
    std::uint64_t shown_ = 0;        // tasks settled when progress was shown last
    bool waiting_ = false;           // the coroutine waits for changed_
    bool stopping_ = false;          // read no more
    bool input_finished_ = false;
    bool too_many_errors_ = false;
    bool blocked_ = false;
    bool overdue_ = false; // a task was given up that still fills the library's window
    bool library_ready_ = false;
    bool done_ = false; // all is settled: a lost connection is no news any more
    bool channel_lost_ = false;
    int signal_count_ = 0;
    int second_signal_ = 0;
    std::uint64_t complaints_ = 0;
    std::uint64_t last_line_ = 0;
    std::optional<std::uint64_t> culprit_; // the key of the task that cost us the channel
    std::optional<exit_code> fault_;
};

} // namespace taskwire::tools
