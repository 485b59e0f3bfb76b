#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <asio/steady_timer.hpp>

#include <taskwire/detail/channel_core.hpp>
#include <taskwire/detail/outgoing.hpp>
#include <taskwire/proto/tag_ring.hpp>
#include <taskwire/publish_outcome.hpp>
#include <taskwire/publisher_options.hpp>

namespace taskwire::detail {

/// Small, since there is one for every message that is unconfirmed.
using outcome_callback = sized_callback<64, publish_outcome&&>;

/// The window of a channel in confirm mode: what is published, what waits for room, who waits.
///
/// Messages leave in the order in which they came. Below the window a message goes out at once;
/// above it, or while the broker blocks publishers or there is no channel, it waits here. It ends
/// with its channel, unless a client keeps it and binds it to the next one.
/// *Thread safety*: only on the strand.
class publisher_core : public std::enable_shared_from_this<publisher_core> {
  public:
    publisher_core(completion_queue& queue, const publisher_options& options)
        : queue_(queue.shared_from_this()), options_(options), timer_(queue.get_strand()) {}

    const strand& get_strand() const { return queue_->get_strand(); }
    completion_queue& queue() const { return *queue_; }

    /// Goes on, or begins, on a channel that is in confirm mode.
    void bind(std::shared_ptr<channel_core> channel);
    /// A client binds it again when its channel has closed, until it has ended.
    struct keeper {
        std::function<void()> on_unbound;
        std::function<void()> on_ended;
    };
    void keep(keeper by) { keeper_ = std::move(by); }

    /// Would a message of `size` bytes leave at once?
    bool admits(std::size_t size) const { return waiting_.empty() && has_room(size); }
    /// May a message be forgotten as soon as it is sent?
    bool sends_once() const { return options_.on_loss == on_loss::report; }
    /// Sends a message that the window admits and that may be sent once, encoded where it leaves
    /// from. A `std::string&&` body is not copied when it is large.
    template <class Body, class Done>
    void send(const spec::basic::publish& method, const spec::basic::properties& properties,
              Body&& body, operation_id operation, Done&& done);
    /// Sends a message, or keeps it until the window admits it.
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
        std::unique_ptr<publish_outcome> returned = nullptr;
        std::unique_ptr<outgoing> copy = nullptr; ///< to be published again
        bool was_sent = false;          ///< on this channel or an earlier one
    };
    struct waiting {
        outgoing message;
        entry state;
    };
    struct place {
        bool sent;
        std::uint64_t number; ///< its sequence, or its ticket while it waits
    };
    struct waiter {
        operation_id operation = 0;
        close_callback done;
    };

    bool is_writable() const;
    bool has_room(std::size_t size) const;
    void note_sent(std::uint64_t sequence, entry state);
    void start(waiting from);
    void admit_waiting();
    void wake();
    void complete(entry& which, publish_outcome outcome);
    void give_up_waiting(entry& which, std::error_code code, std::string text);
    void unbind(const failure& why, bool publish_again);
    void wait_again();
    bool drained() const { return awaited_count_ == 0; }
    time_point next_deadline();
    void expire();
    void arm_timer();
    time_point deadline() const { return coarse_now() + options_.confirm_timeout; }

    std::shared_ptr<completion_queue> queue_;
    publisher_options options_;
    keeper keeper_;
    std::shared_ptr<channel_core> channel_; ///< nullptr while there is none
    failure ended_;
    asio::steady_timer timer_;
    bool timer_armed_ = false;
    bool is_closing_ = false;

    proto::tag_ring<entry> pending_; ///< by sequence number
    std::size_t pending_bytes_ = 0;
    std::uint64_t unexpired_from_ = 0; ///< a sequence number; deadlines ascend
    std::size_t awaited_count_ = 0;    ///< outcomes that somebody waits for
    proto::ring<waiting> waiting_;
    std::uint64_t first_ticket_ = 0; ///< of waiting_
    std::size_t waiting_bytes_ = 0;
    std::unordered_map<operation_id, place> cancellable_;
    std::vector<waiter> ready_waiters_;
    std::vector<waiter> drain_waiters_;
};

template <class Body, class Done>
void publisher_core::send(const spec::basic::publish& method,
                          const spec::basic::properties& properties, Body&& body,
                          operation_id operation, Done&& done) {
    const auto size = body.size();
    const auto sent =
        channel_->owner().publish(channel_->id(), method, properties, std::forward<Body>(body));
    if (sent.error)
        return done(
            publish_outcome{publish_outcome::kind::refused, sent.error, sent.error.message()});
    ++awaited_count_;
    note_sent(sent.sequence,
              {operation, {std::forward<Done>(done)}, size, deadline(), nullptr, nullptr, true});
}

/// Completes when a message would leave at once; without suspending when it would now.
asio::awaitable<void> wait_ready(std::shared_ptr<publisher_core> core);

using publisher_callback = callback<const failure&, std::shared_ptr<publisher_core>>;

/// Opens a channel and puts it into confirm mode.
void open_confirming(session& on, operation_id operation, channel_callback done);
/// The same for a publisher that lives as long as its channel.
void open_publisher(session& on, const publisher_options& options, operation_id operation,
                    publisher_callback done);

} // namespace taskwire::detail
