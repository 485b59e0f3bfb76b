#pragma once

#include <taskwire/failure.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace taskwire::tools {

// What became of a task here.
enum class task_fate {
    done,
    failed,      // and its copy is in the failed queue
    handed_back, // to the queue
    lost,        // its channel has closed: the broker delivers it again
};

struct task_end {
    task_fate fate = task_fate::done;
    std::chrono::milliseconds wall_time{0};
};

// What those who take tasks from the queue tell, and ask of, the worker that they belong to.
struct worker_hooks {
    // A task has come. False: it is not wanted any more, and goes back to the queue.
    std::function<bool()> may_start;
    std::function<void(const task_end&)> on_task_end;
    // Something changed in busy() or is_at_end().
    std::function<void()> on_change;
    // An acknowledgement came too late for the broker: of that task, if it can be told.
    std::function<void(const error&, const std::string& task_id)> on_overdue;
    // The consumer has ended, and nobody here asked for it.
    std::function<void(const error&)> on_lost;
    // The child says that it shall be the last task.
    std::function<void(const std::string& why)> on_stop_asked;
    // The command cannot be executed.
    std::function<void(const std::string& why)> on_unusable_command;
};

} // namespace taskwire::tools
