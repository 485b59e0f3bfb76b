#pragma once

#include <array>
#include <span>

#include <taskwire/spec.gen.hpp>

/// Which method a server may send when. The one place where this is written down.
namespace taskwire::proto {

/// Where a connection stands. Bytes on their way are not a state.
enum class connection_state {
    start,   ///< header sent, connection.start is due
    tune,    ///< login sent, connection.secure or connection.tune is due
    open_ok, ///< connection.open sent
    open,
    closing, ///< connection.close sent, connection.close-ok is due
    closed,
};

/// Where a channel stands.
enum class channel_state {
    free,    ///< no such channel
    opening, ///< channel.open sent
    open,
    closing, ///< channel.close sent, channel.close-ok is due
    dying,   ///< ended; its last events are still to be polled
};

enum class legality {
    legal,
    discard,         ///< the peer could not know yet that we close
    command_invalid, ///< 503: not in this state, or never from a server
    channel_error,   ///< 504: not on such a channel
};

namespace detail {

struct connection_rule {
    connection_state state;
    method_id method;
};

namespace c = spec::connection;

/// All that a server may send on channel 0, by state.
inline constexpr std::array connection_rules{
    connection_rule{connection_state::start, c::start::id},
    connection_rule{connection_state::start, c::close::id},
    connection_rule{connection_state::tune, c::secure::id},
    connection_rule{connection_state::tune, c::tune::id},
    connection_rule{connection_state::tune, c::close::id},
    connection_rule{connection_state::open_ok, c::open_ok::id},
    connection_rule{connection_state::open_ok, c::close::id},
    connection_rule{connection_state::open, c::close::id},
    connection_rule{connection_state::open, c::blocked::id},
    connection_rule{connection_state::open, c::unblocked::id},
    connection_rule{connection_state::open, c::update_secret_ok::id},
    connection_rule{connection_state::closing, c::close::id},
    connection_rule{connection_state::closing, c::close_ok::id},
};

} // namespace detail

/// Is `method` on channel 0 legal in `state`?
constexpr legality connection_legality(connection_state state, const spec::method_info& method) {
    if (state == connection_state::closed)
        return legality::discard;
    for (const auto& rule : detail::connection_rules)
        if (rule.state == state && rule.method == method.id)
            return legality::legal;
    if (state == connection_state::closing)
        return legality::discard;
    if (method.id.class_id == spec::connection::start::id.class_id)
        return legality::command_invalid;
    return legality::channel_error;
}

/// Is `method` legal on a numbered channel in `state`, the connection being open?
constexpr legality channel_legality(channel_state state, const spec::method_info& method) {
    namespace ch = spec::channel;
    if (state == channel_state::free)
        return legality::channel_error;
    if (state == channel_state::dying)
        return legality::discard;
    if (method.id.class_id == spec::connection::start::id.class_id || !method.from_server)
        return legality::command_invalid;
    if (method.id == ch::close::id)
        return legality::legal;
    if (state == channel_state::closing)
        return method.id == ch::close_ok::id ? legality::legal : legality::discard;
    if (method.id == ch::close_ok::id)
        return legality::command_invalid;
    if (state == channel_state::opening)
        return method.id == ch::open_ok::id ? legality::legal : legality::command_invalid;
    return method.id == ch::open_ok::id ? legality::command_invalid : legality::legal;
}

namespace detail {

template <class... Replies>
constexpr bool is_among([[maybe_unused]] method_id reply, wire::method_list<Replies...>) {
    return ((Replies::id == reply) || ...);
}

template <std::size_t... Index>
constexpr bool answers(method_id request, method_id reply, std::index_sequence<Index...>) {
    return ((std::variant_alternative_t<Index, spec::any_method>::id == request &&
             is_among(reply,
                      typename std::variant_alternative_t<Index, spec::any_method>::replies{})) ||
            ...);
}

template <std::size_t... Index>
constexpr bool is_reply(method_id reply, std::index_sequence<Index...>) {
    return (
        is_among(reply, typename std::variant_alternative_t<Index, spec::any_method>::replies{}) ||
        ...);
}

using all_methods = std::make_index_sequence<std::variant_size_v<spec::any_method>>;

} // namespace detail

/// Is `reply` an answer to `request`?
constexpr bool answers(method_id request, method_id reply) {
    return detail::answers(request, reply, detail::all_methods{});
}

/// Does `method` answer any request at all?
constexpr bool is_reply(method_id method) {
    return detail::is_reply(method, detail::all_methods{});
}

} // namespace taskwire::proto
