#include <taskwire/proto/recovery.hpp>

#include <algorithm>
#include <utility>

namespace taskwire::proto {

bool is_fatal(std::error_code why) {
    constexpr std::array ours{
        errc::login_refused,   errc::no_common_mechanism, errc::credentials_contain_nul,
        errc::string_too_long, errc::name_refused,        errc::header_exceeds_frame_max,
    };
    constexpr std::array theirs{reply_code::access_refused, reply_code::not_allowed};
    const auto is_why = [&](auto code) { return why == code; };
    return std::any_of(ours.begin(), ours.end(), is_why) ||
           std::any_of(theirs.begin(), theirs.end(), is_why);
}

recovery::recovery(const recovery_options& options, std::uint64_t seed)
    : options_(options), generator_(seed) {
    options_.endpoint_count = std::max<std::size_t>(options_.endpoint_count, 1);
}

any_recovery_action recovery::next(const any_recovery_event& event, time_point now) {
    if (!is_legal(state_, event.index()))
        return recovery_action::nothing{};
    return std::visit([&](const auto& each) { return on(each, now); }, event);
}

any_recovery_action recovery::on(const recovery_event::start& /*event*/, time_point now) {
    begin_outage(now);
    if (options_.start_for) {
        is_starting_ = true;
        give_up_after(options_.start_for, now);
    }
    return connect();
}

any_recovery_action recovery::on(const recovery_event::connect_failed& event, time_point now) {
    if (!event.why.code)
        return give_up(event.why);
    if ((event.fatal || is_fatal(event.why.code)) && !options_.retry_fatal)
        return give_up(event.why);
    return attempt_failed(event.why, now);
}

any_recovery_action recovery::on(const recovery_event::opened& /*event*/, time_point now) {
    opened_at_ = now;
    if (std::exchange(is_starting_, false))
        give_up_after(options_.reconnect_for, now);
    state_ = recovery_state::replaying;
    return recovery_action::replay{};
}

any_recovery_action recovery::on(const recovery_event::replayed& /*event*/, time_point /*now*/) {
    state_ = recovery_state::established;
    return recovery_action::done{};
}

/// However it was lost, only the next login can tell whether we are still welcome.
any_recovery_action recovery::on(const recovery_event::lost& event, time_point now) {
    if (!event.why.code)
        return give_up(event.why);
    if (now - opened_at_ < options_.stable_after) {
        if (options_.reconnect_for == std::chrono::milliseconds::zero())
            return give_up(event.why);
        return attempt_failed(event.why, now);
    }
    begin_outage(now);
    if (now >= give_up_at_)
        return give_up(event.why);
    return connect();
}

any_recovery_action recovery::on(const recovery_event::timer& /*event*/, time_point now) {
    if (now < wait_until_) // a timer that fires too early does no harm
        return recovery_action::wait{wait_until_};
    return connect();
}

any_recovery_action recovery::on(const recovery_event::stop& /*event*/, time_point /*now*/) {
    return give_up({});
}

void recovery::begin_outage(time_point now) {
    tried_in_round_ = 0;
    failed_rounds_ = 0;
    give_up_after(options_.reconnect_for, now);
}

void recovery::give_up_after(std::optional<std::chrono::milliseconds> time, time_point now) {
    give_up_at_ = never;
    const auto longest = std::chrono::floor<std::chrono::milliseconds>(never - now);
    if (time && *time < longest)
        give_up_at_ = now + *time;
}

any_recovery_action recovery::connect() {
    state_ = recovery_state::connecting;
    const auto chosen = endpoint_;
    endpoint_ = (endpoint_ + 1) % options_.endpoint_count;
    ++tried_in_round_;
    return recovery_action::connect{chosen};
}

any_recovery_action recovery::attempt_failed(const close_reason& why, time_point now) {
    if (tried_in_round_ < options_.endpoint_count)
        return connect();
    tried_in_round_ = 0;
    ++failed_rounds_;
    if (now >= give_up_at_)
        return give_up(why);
    state_ = recovery_state::waiting;
    wait_until_ = std::min(now + draw_pause(), give_up_at_);
    return recovery_action::wait{wait_until_};
}

any_recovery_action recovery::give_up(const close_reason& why) {
    state_ = recovery_state::ended;
    return recovery_action::give_up{why};
}

/// Source: "Exponential Backoff And Jitter", AWS Architecture Blog: of the ways to spread clients
/// that lost the same server, full jitter needs the fewest attempts.
duration recovery::draw_pause() {
    auto longest = options_.pause_first;
    for (std::uint32_t round = 1; round < failed_rounds_ && longest < options_.pause_max; ++round)
        longest *= 2;
    longest = std::clamp(longest, std::chrono::milliseconds::zero(), options_.pause_max);
    const auto choices = static_cast<std::uint64_t>(longest.count()) + 1;
    return std::chrono::milliseconds{draw() % choices};
}

/// splitmix64: any seed will do, and every platform draws the same.
/// Source: Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014.
std::uint64_t recovery::draw() {
    generator_ += 0x9e3779b97f4a7c15U;
    auto bits = generator_;
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    return bits ^ (bits >> 31U);
}

} // namespace taskwire::proto
