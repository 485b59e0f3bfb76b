#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <asio/steady_timer.hpp>

#include <taskwire/client_options.hpp>
#include <taskwire/detail/consumer_core.hpp>
#include <taskwire/detail/loops.hpp>
#include <taskwire/detail/publisher_core.hpp>
#include <taskwire/detail/session.hpp>
#include <taskwire/proto/recovery.hpp>
#include <taskwire/proto/topology.hpp>

namespace taskwire::detail {

/// Sessions one after another, and what has to be restored on each: the recorded topology, then
/// publishers and consumers. When to connect where is decided by `proto::recovery`; this class does
/// what that asks for.
///
/// *Lifetimes*: kept alive by what it waits for. When that is destroyed, together with the
/// io_context, all that waits for this is destroyed too, uncalled.
/// *Thread safety*: everything but `get_strand` only on the strand.
class client_core : public std::enable_shared_from_this<client_core> {
  public:
    client_core(std::shared_ptr<completion_queue> queue, client_options options);

    const strand& get_strand() const { return queue_->get_strand(); }
    /// Where completions of this client and of all on it are due.
    completion_queue& queue() const { return *queue_; }

    /// Connects; calls back once, when everything is ready or recovery has given up.
    void start(operation_id operation, close_callback opened);
    /// Stops waiting for an operation of this client.
    void cancel(operation_id operation);

    /// Sends on a channel of the client's own, and records what it declares or binds.
    void request(proto::encoded_method method, operation_id operation, reply_callback done);
    /// A channel of the present connection, which ends with it.
    void open_channel(operation_id operation, channel_callback done);
    void open_publisher(const publisher_options& options, operation_id operation,
                        publisher_callback done);
    void open_consumer(std::string queue, const consumer_options& options, operation_id operation,
                       consumer_callback done);

    void update_secret(proto::encoded_method method, operation_id operation, close_callback done);

    void close(operation_id operation, close_callback done);
    /// Nobody holds a handle any more.
    void release(const std::shared_ptr<void>& /*held*/) { close(0, {}); }
    /// Calls back with the reason once it has ended for good.
    void wait_closed(operation_id operation, close_callback done);

  private:
    friend class loops<client_core>;
    using member_id = std::uint64_t;

    template <class Core>
    struct member {
        std::shared_ptr<Core> core;
        operation_id operation = 0;
        callback<const failure&, std::shared_ptr<Core>> opened; ///< empty once called
    };
    struct waiter {
        operation_id operation = 0;
        close_callback done;
    };

    // client_core.cpp: what recovery asks for
    /// As the handlers of its loops hold it.
    std::shared_ptr<client_core> running() { return loops_.hold(*this); }
    void abandon();
    void drive(const proto::any_recovery_event& event);
    void on_action(const proto::recovery_action::nothing&) {}
    void on_action(const proto::recovery_action::connect& action);
    void on_action(const proto::recovery_action::wait& action);
    void on_action(const proto::recovery_action::replay&);
    void on_action(const proto::recovery_action::done&);
    void on_action(const proto::recovery_action::give_up& action);
    void on_attempted(const failure& what);
    void on_lost(const failure& what);
    bool is_connected() const;
    failure not_connected() const;
    void tell(any_client_event event);
    template <class Members>
    void end_all(Members& members, const failure& why);

    // restoring.cpp: what a new session is given
    void restore_topology();
    void send_step(std::shared_ptr<channel_core> on);
    void restore_members();
    void restored_one();
    void bind_publisher(member_id which, bool is_restored);
    void bind_consumer(member_id which, bool is_restored);
    void on_consumer_started(member_id which, const std::shared_ptr<channel_core>& on,
                             const failure& what);
    bool takes_members() const;
    void on_publisher_unbound(member_id which);
    void on_consumer_ended(member_id which);
    void note_failure(std::string what, const failure& why);
    /// Who has to answer: the connection itself, or a queue on whatever node.
    enum class asked { connection, queue };
    bool is_session_at_fault(const failure& what, asked whom);

    // client_core.cpp: operations
    void with_channel(operation_id operation, channel_callback use);

    std::shared_ptr<completion_queue> queue_;
    client_options options_;
    proto::recovery recovery_;
    proto::topology topology_;
    asio::steady_timer timer_;
    loops<client_core> loops_;

    std::shared_ptr<session> session_;
    std::shared_ptr<channel_core> spare_;                    ///< for the next request
    std::map<member_id, member<publisher_core>> publishers_; ///< in the order of opening
    std::map<member_id, member<consumer_core>> consumers_;
    member_id next_member_ = 1;

    std::size_t endpoint_ = 0; ///< of the present or last attempt
    failure last_fault_;       ///< of the present outage
    time_point lost_at_{};
    std::size_t restoring_ = 0; ///< members still to be bound
    client_event::recovered report_;

    waiter opened_;
    bool was_open_ = false;
    bool is_ended_ = false;
    std::shared_ptr<const close_reason> reason_; ///< once ended
    std::vector<waiter> close_waiters_;
};

} // namespace taskwire::detail
