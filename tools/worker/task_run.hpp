#pragma once

#include <common/reporter.hpp>
#include <worker/child.hpp>
#include <worker/options.hpp>
#include <worker/output.hpp>
#include <worker/parking.hpp>
#include <worker/task_info.hpp>
#include <worker/worker_hooks.hpp>

#include <taskwire/message.hpp>

#include <asio/steady_timer.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace taskwire::tools {

// What all runs of a worker share.
struct run_tools {
    const worker_options& options;
    reporter& say;
    output& out;
    parking& failed;
};

// One task on its way through this worker: its message, its child, and what became of it. It knows
// nothing of channels: the connection that brought it may be gone when it is done.
// A task is done when its child has ended well and its output is written; it has failed when its
// copy is safe in the failed queue.
// Lifetimes: kept alive by what it waits for; the tools are borrowed.
// Thread safety: none; everything on one strand.
class task_run : public std::enable_shared_from_this<task_run> {
  public:
    struct handlers {
        // The last call: done, failed, handed_back (it shall run again) or lost.
        std::function<void(const task_end&)> on_end;
        // The child says that it shall be the last task.
        std::function<void(const std::string& why)> on_stop_asked;
        // The command cannot be executed.
        std::function<void(const std::string& why)> on_unusable_command;
    };

    // `id` is for a task that has no message_id.
    task_run(const strand& executor, const run_tools& tools, std::uint64_t slot, delivery task,
             const std::string& id, handlers tell);
    task_run(const task_run&) = delete;
    task_run& operator=(const task_run&) = delete;
    ~task_run() = default;

    void start();
    // Terminates what runs; it ends as handed_back.
    void give_up() { abandon(task_fate::handed_back); }
    // Terminates what runs; it ends as lost.
    void lose() { abandon(task_fate::lost); }
    // Ends the child at once, without a word to anyone.
    void kill() const { child_.kill_group(SIGKILL); }

    bool is_abandoned() const { return is_abandoned_; }
    const std::string& id() const { return info_.id; }

  private:
    void abandon(task_fate fate);
    void start_child();
    void start_child_later(const child_result& why);
    void on_output(output_stream stream, std::string_view line);
    void on_child_end(const child_result& result);
    void settle(const child_result& result);
    void park(const child_result& result, const std::string& why, int status);
    asio::awaitable<void> await_parked(std::shared_ptr<task_run> self, parked_copy copy,
                                       std::string why, std::chrono::milliseconds wall_time);
    void end(const task_end& how);

    strand strand_;
    run_tools tools_;
    std::uint64_t slot_;
    handlers tell_;
    delivery task_;
    task_info info_;
    child child_;
    asio::steady_timer again_;
    std::chrono::milliseconds pause_; // before the next try to start a child
    task_fate abandoned_as_ = task_fate::lost;
    bool is_abandoned_ = false;
    bool is_parking_ = false;
    bool has_ended_ = false;
};

} // namespace taskwire::tools
