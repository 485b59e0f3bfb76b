#include <taskwire/detail/completion_queue.hpp>

#include <ctime>
#include <typeinfo>

namespace taskwire::detail {

time_point coarse_now() {
    std::timespec now{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return time_point{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
}

/// The type is compared first: Asio 1.22's `target` casts without looking.
bool is_same(const asio::any_io_executor& one, const strand& other) {
    return one.target_type() == typeid(strand) && *one.target<strand>() == other;
}

std::shared_ptr<completion_queue> completion_queue::on(const asio::any_io_executor& executor) {
    if (executor.target_type() == typeid(strand))
        return std::make_shared<completion_queue>(*executor.target<strand>());
    return std::make_shared<completion_queue>(asio::make_strand(executor));
}

/// The posted call. Destroyed uncalled, together with its io_context, it drops all that is due:
/// handlers own handles, and these own the queue in turn.
class completion_queue::runner {
  public:
    explicit runner(std::shared_ptr<completion_queue> of) : queue_(std::move(of)) {}
    runner(runner&&) = default;
    runner(const runner&) = delete;
    runner& operator=(const runner&) = delete;
    ~runner() {
        if (!queue_)
            return;
        queue_->posted_ = false;
        const auto dropped = std::exchange(queue_->due_, {});
    }

    void operator()() {
        const auto queue = std::exchange(queue_, nullptr);
        queue->posted_ = false;
        const turn begun{*queue};
        queue->run();
    }

  private:
    std::shared_ptr<completion_queue> queue_;
};

void completion_queue::run() {
    constexpr unsigned calls_per_look = 8; // at the clock
    for (unsigned calls = 1; !due_.empty(); ++calls) {
        auto next = due_.pop_front();
        if (next) // else there was no memory for it
            next.call_in_place();
        if (calls % calls_per_look == 0 && !may_go_on())
            return;
    }
}

void completion_queue::post() {
    posted_ = true;
    asio::post(strand_, runner{shared_from_this()});
}

} // namespace taskwire::detail
