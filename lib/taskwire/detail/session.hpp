#pragma once

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <vector>

#include <asio/steady_timer.hpp>

#include <taskwire/connect_options.hpp>
#include <taskwire/detail/initiate.hpp>
#include <taskwire/detail/loops.hpp>
#include <taskwire/detail/stream.hpp>
#include <taskwire/proto/connection.hpp>

namespace taskwire::detail {

class channel_core;
class connector;

/// A reply with its views; `nullptr` when the request failed.
using reply_callback = callback<const failure&, const proto::event::reply*>;
using close_callback = callback<const failure&>;
using channel_callback = callback<const failure&, std::shared_ptr<channel_core>>;

/// A machine on a socket: the only place that knows both.
///
/// Three small loops read, write and keep the deadline, all on one strand. Each wake-up is a turn:
/// the machine's events, then the completions that these have made due, then what all of them have
/// queued to be written. Commands that come from elsewhere post a turn, one for all. So many
/// commands share one system call, and none waits for a timer.
///
/// *Lifetimes*: kept alive by its own loops until the connection has ended. When these are
/// destroyed before, together with their io_context, all that waits is destroyed too, uncalled.
/// *Thread safety*: everything but `get_strand` only on the strand.
class session : public std::enable_shared_from_this<session> {
  public:
    /// One that takes another's place gets its queue too, with the handlers that wait there.
    session(std::shared_ptr<completion_queue> queue, connect_options options);

    const strand& get_strand() const { return queue_->get_strand(); }
    /// Where completions of this session and of all on it are due.
    completion_queue& queue() const { return *queue_; }
    const connect_options& options() const { return options_; }

    /// Connects, logs in, opens; `opened` is called once.
    void start(operation_id operation, close_callback opened);
    /// Stops waiting for an operation of this session.
    void cancel(operation_id operation);

    void open_channel(operation_id operation, channel_callback done);
    void request(proto::channel_id where, proto::encoded_method method, operation_id operation,
                 reply_callback done);
    template <proto::sendable Method>
    std::error_code send(proto::channel_id where, const Method& method) {
        const auto fault = machine_.send(where, method);
        after_command();
        return fault;
    }
    void hand_back(proto::channel_id where, std::uint64_t delivery_tag) {
        machine_.hand_back(where, delivery_tag);
        after_command();
    }
    proto::publish_result publish(proto::channel_id where, const spec::basic::publish& method,
                                  const spec::basic::properties& properties, std::string&& body) {
        return publish_body(where, method, properties, std::move(body));
    }
    /// What the socket takes of the body at once is not copied.
    proto::publish_result publish(proto::channel_id where, const spec::basic::publish& method,
                                  const spec::basic::properties& properties,
                                  std::string_view body) {
        return publish_body(where, method, properties, proto::lent_body{body});
    }
    void close_channel(proto::channel_id where);
    void close(operation_id operation, close_callback done);
    /// Nobody holds a handle any more.
    void release(const std::shared_ptr<void>& /*held*/) { close(0, {}); }
    /// Calls back with the reason once the connection has ended.
    void wait_closed(operation_id operation, close_callback done);

    /// Are fewer bytes than that queued for the socket? If not, all channels are told that they may
    /// write once it is so.
    bool ask_for_room(std::size_t queued_max) {
        if (machine_.queued_bytes() < queued_max)
            return true;
        room_awaited_ = std::max(room_awaited_, queued_max);
        return false;
    }

    const proto::connection& machine() const { return machine_; }
    /// Its socket is closed, and all that waited has been told.
    bool is_finished() const { return finished_; }
    /// The connection is over, or about to be: nothing will be answered any more.
    bool has_ended() const {
        return finished_ || machine_.state() == proto::connection_state::closing ||
               machine_.state() == proto::connection_state::closed;
    }

  private:
    friend class loops<session>;
    class turn_scope;

    /// A long burst of commands begins to leave before it ends. Units: bytes.
    static constexpr std::size_t early_write_min = std::size_t{64} * 1024;

    struct waiting_request {
        operation_id operation;
        reply_callback done;
    };
    struct waiter {
        operation_id operation;
        close_callback done;
    };

    // connecting.cpp: the way to a login
    void try_endpoint(std::size_t index);
    void on_attempted(std::size_t index, const diagnosis& fault, stream opened);
    void log_in();
    void give_up_connecting(std::error_code fault, std::string_view why);
    void stop_connecting();
    proto::connection new_machine() const;

    // session.cpp: the three loops
    /// As the handlers of its loops hold it.
    std::shared_ptr<session> running() { return loops_.hold(*this); }
    void abandon();
    void read();
    void on_read(std::error_code fault, std::size_t size);
    /// Writes all that the socket takes at once; the rest when it can.
    void flush();
    void gather();
    void note_sent(std::size_t size);
    void write_rest();
    void on_written(std::error_code fault, std::size_t size);
    void turn();
    void after_command() {
        if (!in_turn_ && !turn_posted_)
            post_turn();
        if (!writing_ && machine_.queued_bytes() >= early_write_min)
            flush();
    }
    template <class Body>
    proto::publish_result publish_body(proto::channel_id where, const spec::basic::publish& method,
                                       const spec::basic::properties& properties, Body&& body) {
        try {
            const auto result =
                machine_.publish(where, method, properties, std::forward<Body>(body));
            after_command();
            machine_.keep_lent();
            return result;
        } catch (...) { // nothing of the caller's memory may go out later
            machine_.on_lost(std::make_error_code(std::errc::not_enough_memory));
            after_command();
            throw;
        }
    }
    void post_turn();
    void arm_timer();
    void on_timer();
    void finish();

    // routing.cpp: events to those who wait for them
    void drain_events();
    void tell_writable();
    bool has_awaited_room() const { return machine_.queued_bytes() < room_awaited_; }
    void on_event(std::monostate) {}
    void on_event(const proto::event::opened&);
    void on_event(const proto::event::reply&);
    void on_event(const proto::event::failed&);
    void on_event(const proto::event::delivery&);
    void on_event(const proto::event::returned&);
    void on_event(const proto::event::settled&);
    void on_event(const proto::event::consumer_cancelled&);
    void on_event(const proto::event::flow&);
    void on_event(const proto::event::blocked&);
    void on_event(const proto::event::unblocked&);
    void on_event(const proto::event::channel_closed&);
    void on_event(const proto::event::closed&);
    void hand_back_got(const proto::event::reply& reply);
    channel_core* find(proto::channel_id where) const;

    std::shared_ptr<completion_queue> queue_;
    connect_options options_;
    stream stream_;
    asio::steady_timer timer_;
    proto::connection machine_;

    loops<session> loops_;
    std::weak_ptr<connector> attempt_;           ///< at an endpoint
    std::shared_ptr<const close_reason> reason_; ///< once closed
    waiter opened_{};
    std::vector<waiter> close_waiters_;
    std::unordered_map<proto::request_id, waiting_request> requests_;
    std::vector<std::shared_ptr<channel_core>> channels_; ///< by number
    std::vector<asio::mutable_buffer> room_;
    std::vector<asio::const_buffer> pieces_;
    time_point armed_for_ = never;
    std::size_t room_awaited_ = 0; ///< a channel waits until fewer bytes are queued; 0: none does
    bool connected_ = false;
    bool reading_ = false;
    bool writing_ = false;
    bool in_turn_ = false;
    bool turn_posted_ = false;
    bool finished_ = false;
};

} // namespace taskwire::detail
