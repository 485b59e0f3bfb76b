#pragma once

#include <string>
#include <vector>

#include <simulation/tasks.hpp>
#include <taskwire/proto/event.hpp>

namespace taskwire::simulation {

class client;
struct scenario;

/// Consumes tasks, works on each for a while and settles it late: one by one or together, sometimes
/// handing it back, and on purpose also deliveries of channels that are long gone.
class worker {
  public:
    worker(client& owner, const scenario& options, dice& roll, task_book& book, std::size_t number);

    time_point due() const;
    void step(time_point now);
    proto::channel_id channel() const { return channel_; }

    void on_opened(time_point now);
    void on_qos(time_point now);
    void on_consuming(std::string_view tag);
    void on_cancelled(time_point now);
    void on_open_failed(time_point now);
    void on_delivery(const proto::event::delivery& delivery, time_point now);
    void on_channel_closed(time_point now);
    void judge() const;

  private:
    struct job {
        proto::channel_id channel;
        std::uint64_t tag = 0;
        std::uint64_t number = 0; ///< of the delivery, the broker's
        std::uint32_t task = 0;
        time_point ready_at;
        bool worked = false;
        bool settled = false;
    };

    void consume(time_point now);
    void work(job& each);
    void acknowledge_stale(const job& each);
    void settle_worked(time_point now);
    void settle_one(job& each);
    void settle_front();
    void provoke(std::uint64_t tag);
    template <class Method>
    void send(const Method& method, std::uint64_t deliveries, std::uint64_t count);

    client* owner_;
    const scenario* options_;
    dice* roll_;
    task_book* book_;
    std::size_t number_;
    proto::channel_id channel_;
    bool consuming_ = false;
    std::string tag_;
    std::uint64_t last_tag_ = 0;
    time_point open_at_;
    time_point settle_at_ = never;
    std::vector<job> jobs_;
};

} // namespace taskwire::simulation
