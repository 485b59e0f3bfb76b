#pragma once

#include <producer/message_id.hpp>
#include <worker/finished_tasks.hpp>
#include <worker/intake.hpp>
#include <worker/task_run.hpp>
#include <worker/worker_hooks.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace taskwire::tools {

// A worker's --jobs: as many channels with a prefetch of 1, and as many slots in which tasks run.
// A task is settled on the channel that delivered it. When the connection is lost that claim is
// void, but the task runs on; whichever channel gets it again, its slot takes over the new claim.
// Meanwhile deliveries of other tasks wait until a slot is free.
// Lifetimes: it must outlive its coroutines; the tools are borrowed.
// Thread safety: none; everything on the client's strand.
class crew {
  public:
    crew(const strand& executor, const run_tools& tools, uuid_source& ids, worker_hooks hooks);
    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;
    ~crew() = default;

    // Errors: throws taskwire::error.
    asio::awaitable<void> open(client on);
    void start();

    // No more tasks, but for those that are on their way if `with_surplus`; what runs goes on.
    void cancel(bool with_surplus);
    // Terminates what runs, and hands the tasks back.
    void give_up();
    // Ends what runs at once, without a word to anyone.
    void kill() const;
    // The connection is gone, and is tried to open again.
    void on_connection_lost();
    void on_connection_back() { finished_.on_reconnected(finished_tasks::clock::now()); }
    // It will not come back: terminates what runs.
    void on_connection_ended();

    std::size_t busy_count() const;
    // No task, and none will come.
    bool is_at_end() const;
    std::vector<const intake*> intakes() const;
    std::vector<std::string> running_ids() const;
    // Closes the channels, after all that was acknowledged.
    asio::awaitable<void> close();

  private:
    // A delivery, as what it takes to settle it.
    struct claim {
        std::size_t channel = 0;
        delivery_id which;
    };
    struct channel {
        std::unique_ptr<intake> input;
        // Acknowledged last. Only the next delivery proves that the broker knows.
        std::optional<task_identity> unproven;
        bool has_ended = true;
    };
    struct slot {
        std::shared_ptr<task_run> run; // null: it is free
        std::optional<claim> settled_by;
        std::optional<task_identity> identity; // if it has a message_id
    };
    struct waiting_task {
        claim by;
        delivery task;
    };

    void on_delivery(std::size_t channel, delivery task);
    bool has_claim_of(std::size_t channel) const;
    bool adopt(const claim& by, const task_identity& task);
    void start_waiting();
    void begin(std::size_t slot, waiting_task what);
    void hand_back(const claim& what) const;
    void hand_back_waiting();
    void on_run_end(std::size_t slot, const task_end& end);
    void ack(const claim& by, const std::optional<task_identity>& task, const std::string& id);
    // It is done, and will be delivered again. True if it will be known then.
    bool remember(const std::optional<task_identity>& task, const std::string& id);
    void on_overdue(std::size_t channel, const error& why);
    void on_channel_end(std::size_t channel, const error& why);
    void void_claims_of(std::size_t channel);

    strand strand_;
    run_tools tools_;
    uuid_source& ids_;
    worker_hooks hooks_;
    std::vector<channel> channels_;
    std::vector<slot> slots_;
    std::deque<waiting_task> waiting_;
    finished_tasks finished_;
    bool is_cancelled_ = false;
    bool has_given_up_ = false;
};

} // namespace taskwire::tools
