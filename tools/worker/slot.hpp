#pragma once

#include <common/reporter.hpp>
#include <producer/message_id.hpp>
#include <worker/child.hpp>
#include <worker/intake.hpp>
#include <worker/options.hpp>
#include <worker/output.hpp>
#include <worker/parking.hpp>
#include <worker/task_info.hpp>
#include <worker/worker_hooks.hpp>

#include <asio/steady_timer.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskwire::tools {

// What all slots of a worker share.
struct slot_tools {
    const worker_options& options;
    reporter& say;
    output& out;
    parking& failed;
    uuid_source& ids;
};

// One of a worker's --jobs: a channel with a prefetch of 1, and one child at a time.
// A task is acknowledged when its child has ended well and its output is written, or when its copy
// is safe in the failed queue.
// Lifetimes: it must outlive its coroutines; the tools are borrowed.
// Thread safety: none; everything on the connection's strand.
class slot {
  public:
    slot(std::uint64_t number, const strand& executor, const slot_tools& tools, worker_hooks hooks);
    slot(const slot&) = delete;
    slot& operator=(const slot&) = delete;
    ~slot() = default;

    asio::awaitable<void> open(connection on);
    void start() { intake_.run(); }

    // No more tasks; the one that runs goes on.
    void cancel();
    // Terminates what runs, and hands its task back.
    void give_up();
    // Ends what runs at once, without a word to anyone.
    void kill() const { child_.kill_group(SIGKILL); }
    // The connection is gone: terminates what runs, for the task will be delivered again.
    void on_connection_lost();

    bool is_busy() const { return task_.has_value(); }
    // No task, and none will come.
    bool is_at_end() const { return has_ended_ && !task_ && !wants_reopen_; }
    intake& input() { return intake_; }
    // For "still running".
    const std::string& task_id() const { return info_.id; }

  private:
    void on_delivery(delivery task);
    void on_end(const error& why);
    void start_child();
    void start_child_later(const child_result& why);
    void on_output(output_stream stream, std::string_view line);
    void on_child_end(const child_result& result);
    void settle(const child_result& result);
    void park(const child_result& result, const std::string& why, int status);
    asio::awaitable<void> park_and_ack(parked_copy copy, std::string why,
                                       std::chrono::milliseconds wall_time);
    void ack(const task_end& end);
    void hand_back();
    void end_task(const task_end& end);
    void lose_task();
    void reopen_if_wanted();
    asio::awaitable<void> open_again();

    const std::uint64_t number_;
    strand strand_;
    slot_tools tools_;
    worker_hooks hooks_;
    connection connection_;
    intake intake_;
    asio::steady_timer again_;

    std::optional<delivery> task_;
    task_info info_;                // of task_
    std::uint64_t task_number_ = 0; // of task_, in this slot
    child child_;
    std::chrono::milliseconds pause_{0}; // before the next try to start a child
    bool is_parking_ = false;
    bool is_lost_ = false;      // the task's channel is closed: it cannot be acknowledged
    bool has_given_up_ = false; // what runs is terminated, and its task handed back
    bool wants_reopen_ = false;
    bool has_ended_ = true; // no deliveries come
};

} // namespace taskwire::tools
