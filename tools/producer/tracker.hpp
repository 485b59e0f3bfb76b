#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

namespace taskwire::tools {

// What became of a task.
enum class task_fate { confirmed, returned, nacked, unknown, refused };

// A task between its reading and the moment when all before it are settled as well.
struct tracked_task {
    std::string id = {};   // kept only if somebody wants to see it
    std::string body = {}; // likewise, until it is confirmed
    std::string file = {}; // "" if it does not come from a file
    std::uint64_t number = 0;
    std::uint64_t line = 0;
    std::uint64_t size = 0; // bytes of its body
};

struct task_counts {
    std::uint64_t confirmed = 0;
    std::uint64_t returned = 0;
    std::uint64_t nacked = 0;
    std::uint64_t unknown = 0;
    std::uint64_t refused = 0;
    std::uint64_t confirmed_bytes = 0;

    std::uint64_t errors() const { return returned + nacked + refused; }
    std::uint64_t settled() const { return confirmed + errors() + unknown; }
};

// Brings outcomes, which come in any order, back into the order of the input.
class task_tracker {
  public:
    using sink = std::function<void(const tracked_task& task, task_fate fate)>;

    // `take` gets every task exactly once, in input order.
    explicit task_tracker(sink take) : sink_(std::move(take)) {}

    // Returns the task's key for settle().
    std::uint64_t add(tracked_task task);
    void settle(std::uint64_t key, task_fate fate);
    // Nobody waits any longer: all that is outstanding is unknown.
    void abandon();

    const task_counts& counts() const { return counts_; }
    std::uint64_t outstanding() const { return outstanding_; }
    std::uint64_t outstanding_bytes() const { return outstanding_bytes_; }

    // An outstanding task, or one that waits for those before it; nullptr if it is neither.
    const tracked_task* find(std::uint64_t key) const;
    // The key of the oldest outstanding task with a body of that size.
    std::optional<std::uint64_t> find_by_size(std::uint64_t size) const;

  private:
    struct entry {
        tracked_task task;
        task_fate fate = task_fate::unknown;
        bool settled = false;
    };

    void mark(entry& which, task_fate fate);
    void release();

    sink sink_;
    std::deque<entry> entries_;
    std::uint64_t first_key_ = 0;
    std::uint64_t outstanding_ = 0;
    std::uint64_t outstanding_bytes_ = 0;
    task_counts counts_;
};

} // namespace taskwire::tools
