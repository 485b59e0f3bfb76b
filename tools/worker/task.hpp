#pragma once

#include <worker/task_info.hpp>

#include <taskwire/message.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace taskwire::tools {

// Which worker looks at a task.
struct task_place {
    std::string queue = {};
    std::uint64_t slot = 1;
    std::optional<std::chrono::milliseconds> timeout = {};
};

// The how manieth attempt at the task this is, as far as its headers tell: those that tried before
// left the count in "task-attempt", and a quorum queue counts in "x-delivery-count".
std::uint64_t attempt_of(const spec::basic::properties& properties);

// All that a child is told of a delivery. `id` is for a task that has no message_id.
task_info describe_task(const delivery& from, const task_place& where, const std::string& id);

} // namespace taskwire::tools
