#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

#include <taskwire/proto/buffers.hpp>
#include <taskwire/spec.gen.hpp>
#include <taskwire/types.hpp>

namespace taskwire::proto {

/// Identifies a request until its one reply or failure. Unique within a connection.
using request_id = std::uint64_t;

/// A channel's number together with its incarnation.
///
/// Numbers are used again, epochs never, not even by a later connection of the same client: an
/// acknowledgement that carries an old epoch cannot reach a new channel.
struct channel_id {
    std::uint16_t number = 0;
    std::uint64_t epoch = 0;
    friend constexpr bool operator==(channel_id, channel_id) = default;
};

/// Why a channel or a connection died.
struct close_reason {
    std::error_code code; ///< reply_code, errc, or the transport's; none: closed by our wish
    std::string text;     ///< the broker's words, or ours
    bool by_peer = false;
    method_id method{}; ///< the method that the closing side blames; {0, 0}: none
};

/// A message's properties and body, as delivered, returned or got.
///
/// *Lifetimes*: views live until the next `poll()`.
struct content {
    spec::basic::properties properties;
    std::string_view property_list; ///< the same properties as they came, flags first
    std::string_view body;
    /// The memory of a body that has its own, and no bytes but it; nullptr when the body stands
    /// among other bytes. Whoever wants to keep the body may move it away instead of copying.
    byte_buffer* body_memory = nullptr;
};

/// What `connection::poll()` reports. Views live until the next `poll()`.
namespace event {

/// The connection is open; negotiated values can be asked for.
struct opened {};

/// A request was answered. `arguments` are those of the answering method, already validated.
struct reply {
    channel_id channel;
    request_id request = 0;
    method_id method{};
    std::string_view arguments;
    const content* message = nullptr; ///< of basic.get-ok only
};

/// A request ends without an answer.
struct failed {
    channel_id channel;
    request_id request = 0;
    std::error_code code;
};

/// A message for a consumer.
struct delivery {
    channel_id channel;
    spec::basic::deliver method;
    const content* message = nullptr;
};

/// A mandatory publish found no queue. Its confirm is still to come.
struct returned {
    channel_id channel;
    std::uint64_t sequence = 0; ///< of the publish; 0 when the message tells none that waits
    spec::basic::return_ method;
    const content* message = nullptr;
};

/// The broker took over (or, `nacked`, refused) all publishes of `first` to `last`.
struct settled {
    channel_id channel;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool nacked = false;
};

/// The broker ended a consumer: queue deleted, leader lost, permission lost.
struct consumer_cancelled {
    channel_id channel;
    std::string_view consumer_tag;
};

/// The broker asks to pause or resume publishing on a channel.
struct flow {
    channel_id channel;
    bool active = true;
};

/// The broker reads nothing more of this connection until `unblocked`.
struct blocked {
    std::string_view reason;
};
struct unblocked {};

/// The last event of a channel; `reason` lives until the next `poll()`.
struct channel_closed {
    channel_id channel;
    const close_reason* reason = nullptr;
};

/// The last event of a connection, but for the failures of requests made after it.
struct closed {
    const close_reason* reason = nullptr;
};

} // namespace event

using any_event =
    std::variant<std::monostate, event::opened, event::reply, event::failed, event::delivery,
                 event::returned, event::settled, event::consumer_cancelled, event::flow,
                 event::blocked, event::unblocked, event::channel_closed, event::closed>;

} // namespace taskwire::proto
