#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <simulation/network.hpp>
#include <simulation/producer.hpp>
#include <simulation/tasks.hpp>
#include <simulation/worker.hpp>
#include <taskwire/proto/connection.hpp>
#include <taskwire/proto/recovery.hpp>
#include <taskwire/proto/topology.hpp>

namespace taskwire::simulation {

/// What a request was made for.
enum class purpose : std::uint8_t {
    control_open,
    control_step,
    producer_open,
    producer_select,
    worker_open,
    worker_qos,
    worker_consume,
    worker_cancel,
};

/// An application with one connection that outlives its losses: the machine, its recovery and its
/// topology under test, with an owner that does what their contracts demand and judges them.
class client {
  public:
    client(network& net, const scenario& options, dice& roll, transcript& log, task_book& book,
           unsigned number, bool produces, std::uint32_t workers);

    time_point due() const;
    void step(time_point now);
    void shut_down(time_point now);
    bool is_established() const { return recovery_.state() == proto::recovery_state::established; }
    bool is_over() const { return recovery_.state() == proto::recovery_state::ended && !machine_; }
    /// Fails unless the broker has what the record says, as far as it could be restored.
    void judge_topology();

    // for producer and workers
    bool usable() const { return is_established() && machine_; }
    proto::connection& machine() { return *machine_; }
    proto::topology& record() { return record_; }
    link& wire() { return *link_; }
    broker& host() { return net_.host(); }
    proto::channel_id open_channel(purpose why, std::size_t who, time_point now);
    template <class Method>
    void request(proto::channel_id where, const Method& method, purpose why, std::size_t who,
                 time_point now) {
        ask(machine_->request(where, method, now), why, who);
    }

  private:
    struct asked {
        proto::request_id request = 0;
        purpose why{};
        std::size_t who = 0; ///< which worker
    };

    // client.cpp: connection and its loss
    void act(const proto::any_recovery_action& action, time_point now);
    void on_attempt(time_point now);
    void receive(time_point now);
    void write(time_point now);
    void write_rest(time_point now);
    void drain(time_point now);
    void lose(std::error_code why, time_point now);
    void judge() const;
    void judge_patience(time_point now);

    // client_events.cpp: events and the restoring of the topology
    void on_event(const proto::any_event& event, time_point now);
    void on_reply(const proto::event::reply& reply, time_point now);
    void on_failed(const proto::event::failed& failed, time_point now);
    void on_channel_closed(const proto::event::channel_closed& closed, time_point now);
    void on_closed(const proto::close_reason& reason, time_point now);
    void judge_event(const proto::any_event& event);
    void ask(proto::request_id request, purpose why, std::size_t who);
    asked answered(proto::request_id request);
    void open_control(time_point now);
    void control_next(time_point now);
    void on_control_reply(const proto::event::reply& reply, time_point now);
    std::optional<proto::encoded_method> setup_step() const;

    network& net_;
    const scenario& options_;
    dice& roll_;
    transcript& log_;
    std::string name_;

    proto::recovery recovery_;
    proto::topology record_;
    std::optional<proto::connection> machine_;
    link* link_ = nullptr;
    std::uint64_t epoch_next_ = 1;
    network::attempt attempt_;
    time_point wait_until_ = never;
    time_point failing_since_;
    std::size_t writing_ = 0; ///< bytes with the socket
    time_point written_at_ = never;

    // what the machine owes
    std::vector<asked> asked_;
    std::vector<proto::channel_id> channels_; ///< opened and not reported closed
    bool opened_ = false;
    bool closed_ = false;

    proto::channel_id control_;
    bool control_is_open_ = false;
    bool replaying_ = false; ///< a step of the replay, not of the setup, is under way
    bool step_due_ = false;
    time_point control_at_ = never; ///< when to open it again
    std::size_t setup_done_ = 0;
    std::string own_queue_;

    std::optional<producer> producer_;
    std::vector<worker> workers_;
};

} // namespace taskwire::simulation
