#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <asio/steady_timer.hpp>

#include <taskwire/detail/channel_core.hpp>
#include <taskwire/detail/outgoing.hpp>
#include <taskwire/publish_outcome.hpp>
#include <taskwire/publisher_options.hpp>

namespace taskwire::detail {

using outcome_callback = callback<publish_outcome>;

/// The window of a channel in confirm mode: what is published, what waits for room, who waits.
///
/// Messages leave in the order in which they came. Below the window a message goes out at once;
/// above it, or while the broker blocks publishers or there is no channel, it waits here. It ends
/// with its channel, unless a client keeps it and binds it to the next one.
/// *Thread safety*: only on the strand.
class publisher_core : public std::enable_shared_from_this<publisher_core> {
  public:
    publisher_core(const strand& executor, const publisher_options& options)
        : strand_(executor), options_(options), timer_(executor) {}

    const strand& get_strand() const { return strand_; }

    /// Goes on, or begins, on a channel that is in confirm mode.
    void bind(std::shared_ptr<channel_core> channel);
    /// A client binds it again when its channel has closed, until it has ended.
    struct keeper {
        std::function<void()> on_unbound;
        std::function<void()> on_ended;
    };
    void keep(keeper by) { keeper_ = std::move(by); }

    void publish(outgoing message, operation_id operation, outcome_callback done);
    /// Calls back as soon as a message would go out at once.
    void ready(operation_id operation, close_callback done);
    /// Calls back when nobody waits for an outcome any more.
    void drain(operation_id operation, close_callback done);
    /// Drains, then closes the channel: the broker drops the confirms of a channel that closes.
    void close(operation_id operation, close_callback done);
    /// Nobody holds a handle any more.
    void release(std::shared_ptr<void> held);
    void cancel(operation_id operation);
    /// No channel will come any more.
    void end(failure why);
    /// Drops all that waits, uncalled: the io_context is being destroyed.
    void abandon();

    void on_returned(const proto::event::returned& returned);
    void on_settled(const proto::event::settled& settled);
    void on_writable();
    void on_closed();

  private:
    struct entry {
        operation_id operation = 0;
        outcome_callback done;
        std::size_t size = 0;
        time_point deadline{};
        std::unique_ptr<publish_outcome> returned;
        std::unique_ptr<outgoing> copy; ///< to be published again
        bool was_sent = false;          ///< on this channel or an earlier one
        bool settled = false;
    };
    struct waiting {
        outgoing message;
        entry state;
    };
    struct waiter {
        operation_id operation = 0;
        close_callback done;
    };

    bool is_writable() const;
    bool has_room(std::size_t size) const;
    void start(outgoing message, entry state);
    void give_up_waiting(entry& which, std::error_code code, std::string text);
    void admit_waiting();
    void wake();
    void settle(entry& which, publish_outcome outcome);
    void complete(entry& which, publish_outcome outcome);
    bool drained() const { return awaited_count_ == 0; }
    void unbind(const failure& why, bool connection_lost);
    void wait_again(proto::ring<entry> lost);
    void expire();
    void arm_timer();

    strand strand_;
    publisher_options options_;
    keeper keeper_;
    std::shared_ptr<channel_core> channel_; ///< nullptr while there is none
    failure ended_;
    asio::steady_timer timer_;
    bool timer_armed_ = false;
    bool is_closing_ = false;

    proto::ring<entry> pending_; ///< by sequence number, from first_sequence_
    std::uint64_t first_sequence_ = 1;
    std::size_t pending_count_ = 0;
    std::size_t pending_bytes_ = 0;
    std::size_t awaited_count_ = 0; ///< outcomes that somebody waits for
    proto::ring<waiting> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::vector<waiter> ready_waiters_;
    std::vector<waiter> drain_waiters_;
};

using publisher_callback = callback<const failure&, std::shared_ptr<publisher_core>>;

/// Opens a channel and puts it into confirm mode.
void open_confirming(session& on, operation_id operation, channel_callback done);
/// The same for a publisher that lives as long as its channel.
void open_publisher(session& on, const publisher_options& options, operation_id operation,
                    publisher_callback done);

} // namespace taskwire::detail
