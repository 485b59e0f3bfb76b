#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <taskwire/proto/buffers.hpp>
#include <taskwire/proto/channel.hpp>
#include <taskwire/proto/encoded_method.hpp>
#include <taskwire/proto/event.hpp>
#include <taskwire/proto/options.hpp>

namespace taskwire::proto {

/// Header that the machine puts first into a mandatory message on a channel in confirm mode: its
/// sequence number, so that a basic.return, which carries no tag, finds its publish.
inline constexpr std::string_view return_correlation_header = "taskwire-sequence";

/// Bytes of a method frame around its arguments: the frame's own, and the method's id.
inline constexpr std::size_t method_frame_overhead = frame_overhead + 4;

/// What became of a `publish()` on our side of the wire.
struct publish_result {
    std::error_code error;      ///< nothing was written when set
    std::uint64_t sequence = 0; ///< 0: the channel is not in confirm mode
};

/// A body that stays the caller's: see `connection::keep_lent`.
struct lent_body {
    std::string_view bytes;

    std::size_t size() const { return bytes.size(); }
};

struct open_channel_result {
    channel_id channel;
    request_id request = 0;
};

/// The client's end of an AMQP connection with its channels: bytes in, bytes out, events out,
/// deadline out. It has no socket, no clock and no thread.
///
/// Its functions come in four kinds:
/// - *in*: `input`/`received`, `on_deadline`, `on_lost` tell it what happened;
/// - *do*: `open_channel`, `request`, `send`, `publish`, `close_channel`, `close` are wishes;
/// - *out*: `poll`, `output`/`sent`, `deadline` say what to do next;
/// - *ask*: const getters.
///
/// After any *in* or *do*: call `poll` until it returns nullptr, write `output`, arm a timer for
/// `deadline`. After the event `closed`, what `output` still holds may be written once, then the
/// transport is to be dropped.
///
/// *Lifetimes*: an event and its views live until the next `poll`; what `output` returns, until
/// `sent` has accounted for all of it, or until `keep_lent`.
/// *Thread safety*: none; calls are serialised by the owner.
/// *Errors*: commands never throw for what the peer did. A request yields exactly one `reply` or
/// `failed` event; `send` and `publish` return what forbids them. When `publish` throws because
/// memory is short, the connection is lost and nothing more goes out.
/// *Source*: AMQP 0-9-1, 2.2 and 4.
class connection {
  public:
    connection(connection_options options, time_point now);

    // in
    /// Where to read to. While a large body comes in this is the body's own memory, and `inputs`
    /// has a second piece for what follows it; a read may fill the first alone, or both in order.
    std::span<char> input() { return inputs().front(); }
    std::span<const std::span<char>> inputs();
    void received(std::size_t size, time_point now);
    void on_deadline(time_point now);
    void on_lost(std::error_code why);

    // do
    open_channel_result open_channel(time_point now);
    template <requestable Method>
    request_id request(channel_id where, const Method& method, time_point now) {
        return request(where, encode_method(method), now);
    }
    request_id request(channel_id where, encoded_method method, time_point now);
    template <sendable Method>
    std::error_code send(channel_id where, const Method& method);
    /// The body is copied.
    publish_result publish(channel_id where, const spec::basic::publish& method,
                           const spec::basic::properties& properties, std::string_view body);
    /// A large body is not copied before `keep_lent()`, which must be called before its bytes go
    /// and before the next command; should anything throw, `on_lost()` in its place. What `output`
    /// gives may be written at once meanwhile, and only that spares the copy.
    publish_result publish(channel_id where, const spec::basic::publish& method,
                           const spec::basic::properties& properties, lent_body body);
    /// Copies what was not sent of the body that was lent, if one was: `output` is to be asked
    /// anew.
    void keep_lent() { output_.keep_lent(); }
    /// A large body is not copied but kept until it was written.
    publish_result publish(channel_id where, const spec::basic::publish& method,
                           const spec::basic::properties& properties, std::string&& body);
    /// Hands back a delivery that nobody here wants. The peer forced this answer on us, so it is
    /// among those that it has to read.
    void hand_back(channel_id where, std::uint64_t delivery_tag);
    void close_channel(channel_id where, time_point now);
    void close(time_point now);

    // out
    const any_event* poll();
    /// Pieces to write, in order; nothing once the transport must not be trusted with more.
    std::span<const std::string_view> output() { return output_.front(); }
    void sent(std::size_t size, time_point now);
    /// When to call `on_deadline` at the latest; `never` only when closed, or when open with
    /// heartbeats off and nothing awaited.
    time_point deadline() const;

    // ask
    connection_state state() const { return state_; }
    std::uint16_t channel_max() const { return channel_max_; }
    std::uint32_t frame_max() const { return frame_max_; } ///< bytes; 0: no limit
    std::chrono::seconds heartbeat() const { return heartbeat_; }
    const table& server_properties() const { return server_properties_; }
    bool blocked() const { return blocked_; }
    std::size_t queued_bytes() const { return output_.queued(); }
    std::uint64_t next_epoch() const { return next_epoch_; }
    /// Why that channel, or else the connection, is ending; no code: it is not.
    const close_reason& reason_of(channel_id where) const;
    bool is_open(channel_id where) const;
    std::size_t unconfirmed_count(channel_id where) const;
    std::size_t unacknowledged_count(channel_id where) const;

  private:
    struct timer {
        time_point at;
        channel_id channel;
        request_id request;
    };
    struct settlement { ///< of a confirm whose ranges are still to be reported
        channel_id channel;
        std::uint64_t up_to = 0;
        bool nacked = false;
        bool active = false;
    };

    // connection.cpp: the frame loop, deadlines, death
    bool next_notice();
    bool next_dying();
    bool next_settled();
    bool next_frame();
    bool foreign_header_begins() const;
    void out_of_step(const frame_scan& scan);
    void expire_requests(time_point now);
    void expire_closing_channels(time_point now);
    void forget_answered_timers();
    void keep_heartbeat(time_point now);
    void violate(reply_code code, errc what, std::string_view text, method_id method);
    void begin_close(reply_code code, std::string_view text, method_id blamed, close_reason why);
    void die(close_reason why);
    void kill_channels(const close_reason& why);
    void kill_channel(channel& which, close_reason why);
    void release(channel& which);

    // receiving.cpp: large bodies, received where they stay
    bool begin_bulk();
    bool continue_bulk();
    void end_bulk();
    channel* bulk_receiver() const;

    // handshake.cpp: channel 0
    void on_connection_method(const spec::method_info& info, std::string_view arguments);
    void on_start(const spec::connection::start& method);
    void on_tune(const spec::connection::tune& method);
    void on_peer_close(const spec::connection::close& method);
    void send_start_ok(std::string_view mechanism, std::string_view response);

    // dispatch.cpp: numbered channels
    void on_frame(const frame& in);
    void on_method_frame(const frame& in);
    void on_content_frame(const frame& in);
    void on_channel_method(channel& where, const spec::method_info& info, std::string_view args);
    void views_into_input(channel& where);
    void on_reply(channel& where, method_id method, std::string_view args, const content* message);
    void on_confirm(channel& where, std::uint64_t tag, bool multiple, bool nacked);
    void on_server_cancel(channel& where, std::string_view args);
    void on_content(channel& where);
    static std::uint64_t returned_sequence(const channel& where);
    void on_channel_close(channel& where, const spec::channel::close& method);
    void on_channel_close_ok(channel& where);
    bool answer_peer();
    bool note_settlement();
    void too_large(channel& where);
    template <class Method>
    bool decode(std::string_view arguments, Method& out);

    // commands.cpp: what users ask for
    void fail(channel_id where, request_id request, std::error_code why);
    std::error_code settle(channel_id where, std::uint64_t& delivery_tag, bool multiple);
    void send_next_request(channel& where);
    void note_sent(channel& where, method_id method);
    void start_channel_close(channel& where, reply_code code, std::string_view text,
                             close_reason why, time_point now);
    channel* find(channel_id where) const;
    template <class Body>
    publish_result write_content(channel_id where, const spec::basic::publish& method,
                                 const spec::basic::properties& properties, Body&& body);
    template <class Write>
    publish_result all_or_nothing(Write&& write);
    void correlate(spec::basic::properties& properties, std::uint64_t sequence);
    void write_bodies(std::uint16_t channel, lent_body body);
    void write_bodies(std::uint16_t channel, std::string&& body);
    void splice_bodies(std::uint16_t channel, std::string_view rest);
    void write_method(std::uint16_t channel, method_id id, std::string_view arguments);
    template <class Method>
    void write(std::uint16_t channel, const Method& method);
    std::size_t payload_max() const;

    connection_options options_;
    connection_state state_ = connection_state::start;
    close_reason reason_;
    bool closed_reported_ = false;
    bool blocked_ = false;
    bool polite_ = true; ///< what is queued may still be written after death

    /// A body frame of which not all has come. It has the body's memory as long, so that nothing
    /// that ends a channel pulls it away from under a read.
    struct bulk_frame {
        channel_id channel;
        byte_buffer body;
        std::size_t payload_size = 0;
        std::size_t missing = 0; ///< of the payload
        std::size_t offered = 0; ///< by `inputs`, since the last `received`
        bool active = false;
    };

    input_buffer input_;
    bulk_frame bulk_;
    std::array<std::span<char>, 2> inputs_;
    output_queue output_;
    frame_limits limits_;
    any_event event_;
    channel* reported_message_ = nullptr; ///< owns what the last event shows
    channel* assembling_ = nullptr;       ///< the one whose views stand in the input buffer
    std::unique_ptr<channel> retired_;    ///< keeps the last channel_closed's reason
    std::string scratch_;                 ///< headers of a mandatory publish

    std::vector<std::unique_ptr<channel>> channels_; ///< by number
    std::vector<std::uint16_t> free_numbers_;
    channel root_{{0, 0}}; ///< requests on channel 0
    ring<event::failed> failures_;
    ring<channel_id> dying_;
    settlement settling_;

    std::uint16_t channel_max_ = 0;
    std::uint32_t frame_max_ = 8192;
    std::chrono::seconds heartbeat_{0};
    table server_properties_;
    bool failure_close_announced_ = false; ///< the server answers a failed login with a close

    std::uint64_t next_epoch_;
    request_id next_request_ = 1;
    std::size_t unsent_replies_ = 0;
    std::size_t unsent_settlements_ = 0;
    time_point now_; ///< as last told
    time_point handshake_or_close_deadline_;
    time_point last_received_;
    time_point last_sent_;
    ring<timer> request_timers_;
    ring<timer> close_timers_;
};

/// Writes a method frame whose arguments take `size` bytes; returns the place behind it.
template <class Method>
char* put_method(char* to, std::uint16_t where, const Method& method, std::size_t size) {
    to = store_frame_head(to, frame_type::method, where, 4 + size);
    to = wire::store(to, Method::id.packed());
    return store_frame_end(wire::encode(to, method));
}

template <class Method>
void connection::write(std::uint16_t where, const Method& method) {
    const auto arguments = wire::measure(method).size;
    put_method(output_.prepare(method_frame_overhead + arguments), where, method, arguments);
    output_.commit(method_frame_overhead + arguments);
}

template <class Method>
bool connection::decode(std::string_view arguments, Method& out) {
    wire::reader in{arguments, options_.table_depth_max};
    if (wire::decode(in, out))
        return true;
    violate(reply_code::syntax_error, in.fault(), "arguments of " + std::string{Method::name},
            Method::id);
    return false;
}

template <sendable Method>
std::error_code connection::send(channel_id where, const Method& method) {
    auto sent = method;
    std::error_code fault;
    if constexpr (requires { sent.delivery_tag; }) {
        if constexpr (requires { sent.multiple; })
            fault = settle(where, sent.delivery_tag, sent.multiple);
        else
            fault = settle(where, sent.delivery_tag, false);
        if (!fault && sent.delivery_tag == 0 && !find(where)->tx_mode)
            return {}; // all of none
        if (!fault && !note_settlement())
            fault = errc::connection_closed;
    } else if (find(where) == nullptr || !find(where)->accepts_commands()) {
        fault = errc::channel_closed;
    }
    if (fault)
        return fault;
    if constexpr (std::same_as<Method, spec::basic::recover_async>)
        find(where)->unacknowledged.clear();
    write(where.number, sent);
    return {};
}

} // namespace taskwire::proto
