#include <worker/finished_tasks.hpp>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace taskwire::tools {

std::optional<task_identity> identify(const delivery& task) {
    const auto properties = task.properties();
    if (!properties.message_id || properties.message_id->empty()) {
        return std::nullopt;
    }
    return task_identity{std::string(*properties.message_id), properties.timestamp,
                         task.body().size(), std::hash<std::string_view>{}(task.body())};
}

void finished_tasks::add(task_identity task, clock::time_point now) {
    tasks_.push_back({std::move(task), now});
    if (tasks_.size() > count_max) {
        tasks_.pop_front();
    }
}

bool finished_tasks::take(const task_identity& task, clock::time_point now) {
    forget(now);
    const auto found = std::find_if(tasks_.begin(), tasks_.end(),
                                    [&](const entry& each) { return each.task == task; });
    if (found == tasks_.end()) {
        return false;
    }
    tasks_.erase(found);
    return true;
}

void finished_tasks::forget(clock::time_point now) {
    while (!tasks_.empty() &&
           now - std::max(tasks_.front().added_at, reconnected_at_) > time_max_) {
        tasks_.pop_front();
    }
}

} // namespace taskwire::tools
