#include <worker/idle_watch.hpp>

#include <common/duration.hpp>

#include <algorithm>

namespace taskwire::tools {

namespace {

constexpr std::chrono::milliseconds pause_first{50};
constexpr std::chrono::milliseconds pause_last{1'000};

} // namespace

idle_watch::idle_watch(const strand& executor, bool until_empty,
                       std::optional<std::chrono::milliseconds> idle_max, asked ask)
    : until_empty_(until_empty),
      idle_max_(idle_max),
      ask_(std::move(ask)),
      changed_(executor),
      pause_(pause_first) {}

void idle_watch::on_change() {
    if (is_asleep_ && ask_.is_idle()) {
        changed_.now();
    }
}

void idle_watch::stop() {
    is_stopped_ = true;
    changed_.now();
}

// With nothing to look for it sleeps: a pause of "for ever" is none that a clock can add.
asio::awaitable<void> idle_watch::await_next_look(clock::time_point idle_since) {
    if (!until_empty_ && !idle_max_) {
        return changed_.wait();
    }
    auto pause = pause_;
    if (idle_max_) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(idle_since + *idle_max_ - clock::now());
        pause = std::max(until_empty_ ? std::min(pause, left) : left, std::chrono::milliseconds{0});
    }
    return changed_.wait_for(pause);
}

asio::awaitable<std::string> idle_watch::run() {
    auto idle_since = clock::now();
    std::uint64_t seen = ask_.activity();
    bool was_empty = false;
    while (!is_stopped_) {
        if (!ask_.is_idle()) {
            is_asleep_ = true;
            co_await changed_.wait();
            is_asleep_ = false;
            seen = ask_.activity();
            idle_since = clock::now();
            pause_ = pause_first;
            was_empty = false;
            continue;
        }
        co_await await_next_look(idle_since);
        if (ask_.activity() != seen || !ask_.is_idle()) {
            seen = ask_.activity();
            idle_since = clock::now();
            pause_ = pause_first;
            was_empty = false;
            continue;
        }
        if (idle_max_ && clock::now() - idle_since >= *idle_max_) {
            co_return "no task for " + format_duration(*idle_max_);
        }
        if (!until_empty_ || is_stopped_) {
            continue;
        }
        // Within a cluster a delivery may take another way than the answer: twice, to be sure.
        const bool is_empty = co_await ask_.is_empty();
        if (is_empty && was_empty && ask_.activity() == seen && ask_.is_idle()) {
            co_return "the queue is empty";
        }
        was_empty = is_empty;
        pause_ = is_empty ? pause_first : std::min(pause_ * 2, pause_last);
    }
    co_return "";
}

} // namespace taskwire::tools
