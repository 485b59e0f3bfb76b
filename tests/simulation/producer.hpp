#pragma once

#include <vector>

#include <simulation/tasks.hpp>
#include <taskwire/proto/event.hpp>
#include <taskwire/proto/ring.hpp>

namespace taskwire::simulation {

class client;
struct scenario;

/// Publishes every task until it is confirmed, under the same id each time.
class producer {
  public:
    producer(client& owner, const scenario& options, dice& roll, task_book& book);

    time_point due() const;
    void step(time_point now);
    proto::channel_id channel() const { return channel_; }

    void on_opened(time_point now);
    void on_selected() { ready_ = true; }
    void on_open_failed(time_point now);
    void on_settled(const proto::event::settled& settled, time_point now);
    void on_returned(const proto::event::returned& returned);
    void on_flow(bool active) { flow_active_ = active; }
    void on_channel_closed(time_point now);
    void judge() const;

  private:
    struct flight {
        std::uint64_t sequence = 0;
        std::uint32_t task = 0;
        bool returned = false;
    };

    bool may_publish() const;
    void publish(time_point now);
    void try_later(std::uint32_t task, time_point now);

    client* owner_;
    const scenario* options_;
    dice* roll_;
    task_book* book_;
    proto::channel_id channel_;
    bool ready_ = false;
    bool flow_active_ = true;
    time_point open_at_;
    time_point publish_at_;
    proto::ring<std::uint32_t> waiting_;
    std::vector<flight> flights_;
};

} // namespace taskwire::simulation
