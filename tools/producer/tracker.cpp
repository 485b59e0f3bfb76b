#include <producer/tracker.hpp>

#include <utility>

namespace taskwire::tools {

std::uint64_t task_tracker::add(tracked_task task) {
    ++outstanding_;
    outstanding_bytes_ += task.size;
    entries_.push_back({std::move(task)});
    return first_key_ + entries_.size() - 1;
}

void task_tracker::settle(std::uint64_t key, task_fate fate) {
    if (key < first_key_ || key - first_key_ >= entries_.size())
        return;
    entry& which = entries_[key - first_key_];
    if (which.settled)
        return;
    mark(which, fate);
    release();
}

void task_tracker::abandon() {
    for (entry& each : entries_)
        if (!each.settled)
            mark(each, task_fate::unknown);
    release();
}

const tracked_task* task_tracker::find(std::uint64_t key) const {
    const bool known = key >= first_key_ && key - first_key_ < entries_.size();
    return known ? &entries_[key - first_key_].task : nullptr;
}

std::optional<std::uint64_t> task_tracker::find_by_size(std::uint64_t size) const {
    for (std::size_t i = 0; i < entries_.size(); ++i)
        if (!entries_[i].settled && entries_[i].task.size == size)
            return first_key_ + i;
    return std::nullopt;
}

void task_tracker::mark(entry& which, task_fate fate) {
    which.settled = true;
    which.fate = fate;
    --outstanding_;
    outstanding_bytes_ -= which.task.size;
    switch (fate) {
    case task_fate::confirmed:
        ++counts_.confirmed;
        counts_.confirmed_bytes += which.task.size;
        which.task.body = {}; // it may wait long for those before it
        break;
    case task_fate::returned:
        ++counts_.returned;
        break;
    case task_fate::nacked:
        ++counts_.nacked;
        break;
    case task_fate::unknown:
        ++counts_.unknown;
        break;
    case task_fate::refused:
        ++counts_.refused;
        break;
    }
}

void task_tracker::release() {
    while (!entries_.empty() && entries_.front().settled) {
        const entry done = std::move(entries_.front());
        entries_.pop_front();
        ++first_key_;
        sink_(done.task, done.fate);
    }
}

} // namespace taskwire::tools
