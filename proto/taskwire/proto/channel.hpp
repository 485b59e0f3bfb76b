#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <taskwire/frame.hpp>
#include <taskwire/proto/event.hpp>
#include <taskwire/proto/ledger.hpp>
#include <taskwire/proto/legality.hpp>
#include <taskwire/proto/options.hpp>

namespace taskwire::proto {

/// Puts a message together from its method, header and body frames.
///
/// While all frames stand in the input buffer nothing is copied; `spill()` moves what is there to
/// memory of its own before the buffer is reused. A body that comes in several frames is copied
/// once; the frames of a large one can be received right into its memory, which is lent for that.
/// *Errors*: `add_*` return the reply code that the fault deserves, or none.
/// *Source*: AMQP 0-9-1, 4.2.6.
class assembly {
  public:
    bool active() const { return active_; }
    method_id method() const { return method_; }
    std::string_view arguments() const { return arguments_; }
    const content& message() const { return message_; }

    void begin(method_id method, std::string_view arguments);
    std::error_code add_header(std::string_view payload, const connection_options& limits);
    std::error_code add_body(std::string_view payload);
    /// True when header and whole body are there.
    bool complete() const { return header_seen_ && received_ == body_size_; }
    void end() { active_ = false; }
    void spill();

    /// May a body frame of such a payload come next?
    bool admits_body(std::size_t payload_size) const {
        return active_ && header_seen_ && payload_size <= body_size_ - received_;
    }
    /// Bytes of the body that have come and were put together.
    std::size_t body_size() const { return body_owned_.size(); }
    /// What memory the body may have once it has `size` bytes: never more than it needs, and never
    /// more than twice of what came or, below a mebibyte, 64 times.
    std::size_t room_for(std::size_t size) const;
    /// Lends the body's memory, with what there is of the body.
    byte_buffer lend_body() { return std::exchange(body_owned_, {}); }
    /// Takes it back with one more frame's payload in it.
    void add_lent_body(byte_buffer body, std::size_t payload_size);

  private:
    void note_own_body();

    bool active_ = false;
    bool header_seen_ = false;
    method_id method_{};
    std::uint64_t body_size_ = 0;
    std::uint64_t received_ = 0;
    std::string_view arguments_;
    content message_;
    std::string arguments_owned_;
    std::string properties_owned_;
    byte_buffer body_owned_;
    std::size_t table_depth_max_ = table_depth_max_default;
};

/// A request that waits for its reply, or for its turn.
struct pending_request {
    request_id id = 0;
    method_id method{};
    std::string arguments;
    bool sent = false;
};

/// All that the machine knows of one channel. Data and the bookkeeping of its tags.
class channel {
  public:
    explicit channel(channel_id who) : id(who) {}

    channel_id id;
    channel_state state = channel_state::opening;
    /// Requests in order; only the front one can have been sent.
    ring<pending_request> requests;
    assembly incoming;
    close_reason reason; ///< once closing or dying

    bool confirm_mode = false;
    bool tx_mode = false;
    bool flow_active = true;
    bool recovering = false; ///< basic.recover was sent, recover-ok is due
    bool reported = false;   ///< channel_closed was polled, the number is not free yet
    std::uint64_t next_sequence = 1;
    ledger unconfirmed;
    ledger unacknowledged;

    bool accepts_commands() const {
        return state == channel_state::open || state == channel_state::opening;
    }

    /// Does such a request wait for its reply or for its turn?
    bool has_request(method_id method) const;

    /// Keeps track of a tag that came with a delivery.
    void note_delivery(std::string_view consumer_tag, std::uint64_t delivery_tag);
    void note_got(bool no_ack, std::uint64_t delivery_tag);
    /// The broker takes back all that it delivered, also what it delivers before recover-ok.
    void begin_recover();
    /// A consumer exists from now on, or not any more.
    void note_consumer(std::string_view consumer_tag, bool no_ack);
    void forget_consumer(std::string_view consumer_tag) { erase_no_ack(consumer_tag); }

    /// Takes an ack, nack or reject into account.
    ///
    /// Tag 0 with `multiple`, all, becomes the last delivery that we know: to the broker it would
    /// also mean those on their way to us. It stays 0 when there is none, and in a transaction.
    /// *Errors*: unknown_delivery_tag; nothing has changed then.
    std::error_code settle_delivery(std::uint64_t& delivery_tag, bool multiple);

  private:
    void erase_no_ack(std::string_view consumer_tag);

    std::set<std::string, std::less<>> no_ack_consumers_;
};

} // namespace taskwire::proto
