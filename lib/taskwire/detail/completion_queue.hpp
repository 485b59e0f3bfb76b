#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include <taskwire/asio.hpp>
#include <taskwire/detail/callback.hpp>
#include <taskwire/proto/ring.hpp>
#include <taskwire/types.hpp>

namespace taskwire::detail {

/// The monotonic clock as of the last tick of the system, some milliseconds ago: ten times cheaper
/// to read than the exact one, and on the same scale.
time_point coarse_now();

/// Is the executor the strand itself?
bool is_same(const asio::any_io_executor& one, const strand& other);

/// Completion handlers that are due on a strand, in order.
///
/// It is `asio::post` for many: handlers that belong to the strand wait here and run in one go, at
/// the end of the session's turn or, when none is under way, in a call of their own that is posted
/// once. So they never run inside the call that started them, nor inside a state transition, and
/// none costs an allocation while it is small.
/// *Lifetimes*: outlives what completes through it; whoever holds waiting handlers holds this.
/// *Thread safety*: everything but `get_strand` and `on_strand` only on the strand.
class completion_queue : public std::enable_shared_from_this<completion_queue> {
  public:
    explicit completion_queue(const strand& executor) : strand_(executor) {}

    /// On the executor itself when it is a strand already, else on a new strand on it.
    static std::shared_ptr<completion_queue> on(const asio::any_io_executor& executor);

    const strand& get_strand() const { return strand_; }
    bool on_strand() const { return strand_.running_in_this_thread(); }

    /// `due()` is to be called soon.
    template <class Function>
    void push(Function&& due) {
        due_.extend().emplace(std::forward<Function>(due));
        if (!held_ && !posted_)
            post();
    }

    /// While one exists, what is pushed waits for `run`; what is left at its end is posted.
    class turn {
      public:
        explicit turn(completion_queue& of) : queue_(of) {
            queue_.held_ = true;
            queue_.began_ = coarse_now();
        }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
        ~turn() {
            queue_.held_ = false;
            if (!queue_.due_.empty() && !queue_.posted_)
                queue_.post();
        }

      private:
        completion_queue& queue_;
    };

    /// Calls what is due, in a turn; leaves the rest when the turn has taken long.
    /// *Errors*: lets a handler's exception through; the others are still due then.
    void run();

    /// False when the present turn has taken long: then even he who has all that he needs must let
    /// go of the strand, or nothing is read and written any more.
    bool may_go_on() const { return coarse_now() == began_; }

  private:
    class runner;

    void post();

    strand strand_;
    proto::ring<callback<>> due_;
    time_point began_{}; ///< the present turn, or the last one
    bool held_ = false;
    bool posted_ = false;
};

} // namespace taskwire::detail
