#pragma once

#include <taskwire/message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace taskwire::tools {

// What a task is known by when it is delivered again. The id alone would not do: people number
// their tasks anew in every file, and make ids of what a body says.
struct task_identity {
    std::string id;
    std::optional<std::uint64_t> timestamp_s;
    std::size_t body_size = 0;
    std::size_t body_hash = 0;
    friend bool operator==(const task_identity&, const task_identity&) = default;
};

// Nothing for a task that has no message_id: it cannot be known again.
std::optional<task_identity> identify(const delivery& task);

// Tasks that were finished here while it was not certain that the broker learned it. They are kept
// until they are delivered again, and not for long: the broker delivers them once it has noticed
// the loss, and later another task may be like them.
// Thread safety: none.
class finished_tasks {
  public:
    using clock = std::chrono::steady_clock;

    static constexpr std::size_t count_max = 10'000; // then the oldest are forgotten

    // `time_max`: how long after the connection is back they are still waited for.
    explicit finished_tasks(std::chrono::milliseconds time_max) : time_max_(time_max) {}

    void add(task_identity task, clock::time_point now);
    void on_reconnected(clock::time_point now) { reconnected_at_ = now; }
    // True once for every task that was added.
    bool take(const task_identity& task, clock::time_point now);

  private:
    struct entry {
        task_identity task;
        clock::time_point added_at;
    };

    void forget(clock::time_point now);

    std::chrono::milliseconds time_max_;
    clock::time_point reconnected_at_{};
    std::deque<entry> tasks_; // few, and looked at only for what is redelivered
};

} // namespace taskwire::tools
