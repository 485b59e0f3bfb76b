#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include <taskwire/proto/event.hpp>
#include <taskwire/types.hpp>

namespace taskwire::proto {

/// When and how stubbornly a client connects again.
struct recovery_options {
    std::size_t endpoint_count = 1; ///< tried in turn; 0 counts as 1

    /// How long to go on after a loss, or after the start. Nothing: for ever. Zero: never again
    /// after a loss, and each endpoint once at the start. A round of endpoints that has begun is
    /// finished, and the last one begins when the time is over.
    std::optional<std::chrono::milliseconds> reconnect_for;
    /// How long to go on after the start, where a wrong address is likelier than an outage.
    /// Nothing: `reconnect_for`.
    std::optional<std::chrono::milliseconds> start_for;

    /// The pause after the n-th round of failures is drawn between 0 and
    /// min(pause_max, pause_first * 2^(n-1)): full jitter.
    std::chrono::milliseconds pause_first{1'000};
    std::chrono::milliseconds pause_max{30'000};

    /// A connection lost earlier than this after it opened counts as a failed attempt: a broker
    /// that accepts and drops us at once must not see us at full speed.
    std::chrono::milliseconds stable_after{5'000};

    /// Go on also after errors that no repetition is expected to change; see `is_fatal`.
    bool retry_fatal = false;
};

/// Where recovery stands.
enum class recovery_state {
    idle,
    connecting,  ///< resolve, connect, TLS and login are under way
    waiting,     ///< pause between rounds
    replaying,   ///< open; topology and channels are being restored
    established, ///< nothing to do until the connection is lost
    ended,
};

/// What `recovery` is told.
namespace recovery_event {

struct start {};

/// An attempt ended before `opened`. As in `lost`, a reason without a code is our own wish.
struct connect_failed {
    close_reason why;
    bool fatal = false; ///< the caller knows that trying again is no use: TLS verification failed
};
struct opened {};
/// All was restored, or reported as impossible to restore.
struct replayed {};
/// An open connection ended. A reason without a code is our own wish and ends recovery.
struct lost {
    close_reason why;
};
struct timer {};
struct stop {};

} // namespace recovery_event

using any_recovery_event =
    std::variant<recovery_event::start, recovery_event::connect_failed, recovery_event::opened,
                 recovery_event::replayed, recovery_event::lost, recovery_event::timer,
                 recovery_event::stop>;

/// What `recovery` wants done next.
namespace recovery_action {

/// The event changes nothing.
struct nothing {
    friend bool operator==(nothing, nothing) = default;
};
/// Resolve, connect and log in; answer with `opened` or `connect_failed`.
struct connect {
    std::size_t endpoint = 0; ///< index into the caller's list
    friend bool operator==(connect, connect) = default;
};
/// Answer with `timer`, not before `until`.
struct wait {
    time_point until;
    friend bool operator==(wait, wait) = default;
};
/// Restore topology and channels; answer with `replayed` or `lost`.
struct replay {
    friend bool operator==(replay, replay) = default;
};
/// The connection is as it was.
struct done {
    friend bool operator==(done, done) = default;
};
/// The last action. A reason without a code: it was asked to stop.
struct give_up {
    close_reason reason;
};

} // namespace recovery_action

using any_recovery_action =
    std::variant<recovery_action::nothing, recovery_action::connect, recovery_action::wait,
                 recovery_action::replay, recovery_action::done, recovery_action::give_up>;

namespace detail {

template <class Event, std::size_t Index = 0>
constexpr std::size_t recovery_event_index() {
    if constexpr (std::is_same_v<Event, std::variant_alternative_t<Index, any_recovery_event>>)
        return Index;
    else
        return recovery_event_index<Event, Index + 1>();
}

struct recovery_rule {
    recovery_state state;
    std::size_t event;
};

template <class Event>
constexpr recovery_rule allow(recovery_state state) {
    return {state, recovery_event_index<Event>()};
}

/// All that may happen, by state.
inline constexpr std::array recovery_rules{
    allow<recovery_event::start>(recovery_state::idle),
    allow<recovery_event::stop>(recovery_state::idle),
    allow<recovery_event::connect_failed>(recovery_state::connecting),
    allow<recovery_event::opened>(recovery_state::connecting),
    allow<recovery_event::stop>(recovery_state::connecting),
    allow<recovery_event::timer>(recovery_state::waiting),
    allow<recovery_event::stop>(recovery_state::waiting),
    allow<recovery_event::replayed>(recovery_state::replaying),
    allow<recovery_event::lost>(recovery_state::replaying),
    allow<recovery_event::stop>(recovery_state::replaying),
    allow<recovery_event::lost>(recovery_state::established),
    allow<recovery_event::stop>(recovery_state::established),
};

} // namespace detail

/// May the event of that index in `any_recovery_event` happen in `state`?
constexpr bool is_legal(recovery_state state, std::size_t event) {
    for (const auto& rule : detail::recovery_rules)
        if (rule.state == state && rule.event == event)
            return true;
    return false;
}

/// Is this an error of login or opening that no repetition is expected to change? Refused logins
/// (403) and virtual hosts (530), no common login mechanism, and what may not even be sent.
bool is_fatal(std::error_code why);

/// Decides when to connect where, after a loss and at the start: one event in, one action out.
///
/// Endpoints are tried in turn, going on behind the last one used; a round has tried each once.
/// The first round after a loss begins at once, every further one after a pause. It has no socket
/// and no clock; its pauses are drawn from a generator that the caller seeds.
/// *Errors*: an event that is not legal in the present state (see `is_legal`) changes nothing and
/// yields `nothing`. `give_up` comes once, and nothing but `nothing` after it.
class recovery {
  public:
    recovery(const recovery_options& options, std::uint64_t seed);

    any_recovery_action next(const any_recovery_event& event, time_point now);

    recovery_state state() const { return state_; }
    /// Rounds that failed since the connection was last stable.
    std::uint32_t failed_rounds() const { return failed_rounds_; }

  private:
    any_recovery_action on(const recovery_event::start& event, time_point now);
    any_recovery_action on(const recovery_event::connect_failed& event, time_point now);
    any_recovery_action on(const recovery_event::opened& event, time_point now);
    any_recovery_action on(const recovery_event::replayed& event, time_point now);
    any_recovery_action on(const recovery_event::lost& event, time_point now);
    any_recovery_action on(const recovery_event::timer& event, time_point now);
    any_recovery_action on(const recovery_event::stop& event, time_point now);

    void begin_outage(time_point now);
    void give_up_after(std::optional<std::chrono::milliseconds> time, time_point now);
    any_recovery_action connect();
    any_recovery_action attempt_failed(const close_reason& why, time_point now);
    any_recovery_action give_up(const close_reason& why);
    duration draw_pause();
    std::uint64_t draw();

    recovery_options options_;
    recovery_state state_ = recovery_state::idle;
    std::size_t endpoint_ = 0;       ///< the next one
    std::size_t tried_in_round_ = 0; ///< endpoints
    std::uint32_t failed_rounds_ = 0;
    bool is_starting_ = false; ///< nothing was opened yet, and the start has a time of its own
    time_point opened_at_;
    time_point wait_until_;
    time_point give_up_at_ = never;
    std::uint64_t generator_;
};

} // namespace taskwire::proto
