#pragma once

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
/// above it, or while the broker blocks publishers, it waits here.
/// *Thread safety*: only on the strand.
class publisher_core : public std::enable_shared_from_this<publisher_core> {
  public:
    publisher_core(std::shared_ptr<channel_core> channel, const publisher_options& options);

    const strand& get_strand() const { return channel_->get_strand(); }
    channel_core& channel() const { return *channel_; }

    void publish(outgoing message, operation_id operation, outcome_callback done);
    /// Calls back as soon as a message would go out at once.
    void ready(operation_id operation, close_callback done);
    /// Calls back when nobody waits for an outcome any more.
    void drain(operation_id operation, close_callback done);
    /// Drains, then closes the channel: the broker drops the confirms of a channel that closes.
    void close(operation_id operation, close_callback done);
    void cancel(operation_id operation);
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

    bool has_room(std::size_t size) const;
    void start(outgoing message, entry state);
    void admit_waiting();
    void wake();
    void settle(entry& which, publish_outcome outcome);
    void complete(entry& which, publish_outcome outcome);
    bool drained() const { return awaited_count_ == 0; }
    void expire();
    void arm_timer();

    std::shared_ptr<channel_core> channel_;
    publisher_options options_;
    asio::steady_timer timer_;
    bool timer_armed_ = false;
    bool closed_ = false;

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
void open_publisher(session& on, const publisher_options& options, operation_id operation,
                    publisher_callback done);

} // namespace taskwire::detail
