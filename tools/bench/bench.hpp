#pragma once

#include <bench/consumer_lane.hpp>
#include <bench/load.hpp>
#include <bench/options.hpp>
#include <bench/producer_lane.hpp>
#include <bench/report.hpp>
#include <common/advice.hpp>
#include <common/rate_meter.hpp>
#include <common/reporter.hpp>
#include <common/wake_up.hpp>

#include <taskwire/connection.hpp>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace taskwire::tools {

// One run of taskwire-bench: a queue, the load on it, the report, and the queue is gone.
// Producers, consumers and the care for the queue have a connection each: a broker that is short
// of memory stops reading from those that publish. Everything runs on one thread.
// Lifetimes: `options` and `says` must outlive it.
class bench {
  public:
    bench(const bench_options& options, const connect_options& to, reporter& says);

    // Returns the exit status. To be called once.
    int run();

  private:
    using clock = stamp::clock;
    // For the line of progress.
    struct rates {
        explicit rates(clock::time_point now) : published(now), consumed(now) {}
        rate_meter published;
        rate_meter consumed;
    };

    // bench.cpp: the phases
    asio::awaitable<void> work();
    asio::awaitable<void> open();
    asio::awaitable<void> load_and_measure();
    asio::awaitable<void> open_producers();
    asio::awaitable<void> open_consumers();
    void start_producers(std::optional<std::uint64_t> rate);
    void start_consumers();
    asio::awaitable<void> await_published(std::optional<clock::time_point> end);
    asio::awaitable<void> await_consumed(std::optional<clock::time_point> end);
    asio::awaitable<void> end_load();
    asio::awaitable<void> delete_queue();
    void stop_stalled();
    void begin();
    void end();

    // bench_ends.cpp: what comes from outside, and the end
    void on_lane_ended(const std::exception_ptr& fault);
    void on_blocked(bool blocked, std::string_view reason);
    void complain(const publish_outcome& outcome);
    void fail(const advice& what);
    void fail(const std::exception_ptr& fault);
    void stop();
    void halt_publishing(clock::time_point end);
    void await_signal();
    void on_signal(int number);
    void show_progress();
    int finish();
    bool print_report();
    int exit_status() const;
    bench_report make_report() const;

    bool is_over() const { return interrupted_ || fault_.has_value(); }

    const bench_options& options_;
    connect_options to_;
    reporter& says_;

    asio::io_context io_;
    strand strand_;
    asio::signal_set signals_;
    wake_up changed_; // what work() waits for
    asio::steady_timer progress_timer_;

    load load_;
    advice_context context_;
    connection control_;
    connection publishing_;
    connection consuming_;
    std::vector<std::unique_ptr<producer_lane>> producers_;
    std::vector<std::unique_ptr<consumer_lane>> consumers_;
    std::size_t publishing_count_ = 0; // lanes that run

    std::string product_;
    std::string version_;
    clock::time_point began_{}; // to measure
    load_counts before_;        // as they were when it began
    load_counts after_;
    std::chrono::microseconds cpu_{0};
    std::chrono::microseconds children_cpu_{0};
    std::optional<rates> rates_;
    load_counts shown_;
    bool queue_may_exist_ = false;
    bool measured_ = false;   // began, and ended
    bool incomplete_ = false; // something that was confirmed did not come
    bool stalled_ = false;    // gave up publishing: nothing was confirmed any more
    bool ending_ = false;     // connections are closed on purpose
    bool judged_ = false;     // all is found out: a signal changes nothing any more
    bool signalled_ = false;
    bool interrupted_ = false;
    int second_signal_ = 0;
    std::optional<exit_code> fault_;
};

} // namespace taskwire::tools
