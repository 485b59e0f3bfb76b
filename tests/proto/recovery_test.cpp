#include <taskwire/proto/recovery.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

using namespace taskwire;
using namespace taskwire::proto;
using namespace std::chrono_literals;
namespace act = recovery_action;
namespace on = recovery_event;

namespace {

constexpr time_point beginning{1h};

const close_reason refused{
    std::make_error_code(std::errc::connection_refused), "refused", false, {}};
const close_reason reset{errc::connection_lost, "reset", false, {}};

/// The machine with a clock that stands until it is told.
struct owner {
    explicit owner(const recovery_options& options = {}) : machine(options, seed) {}

    any_recovery_action next(const any_recovery_event& event) { return machine.next(event, now); }
    any_recovery_action fails() { return next(on::connect_failed{refused}); }
    /// Lets it establish its connection; returns the last action.
    any_recovery_action establishes() {
        REQUIRE(std::holds_alternative<act::replay>(next(on::opened{})));
        return next(on::replayed{});
    }
    /// The pause asked for by `action`, after which the clock stands at its end.
    std::chrono::milliseconds pass(const any_recovery_action& action) {
        const auto* wait = std::get_if<act::wait>(&action);
        REQUIRE(wait != nullptr);
        const auto pause = wait->until - now;
        now = wait->until;
        return std::chrono::duration_cast<std::chrono::milliseconds>(pause);
    }

    static constexpr std::uint64_t seed = 1234567;
    recovery machine;
    time_point now = beginning;
};

bool connects_to(const any_recovery_action& action, std::size_t endpoint) {
    const auto* connect = std::get_if<act::connect>(&action);
    return connect != nullptr && connect->endpoint == endpoint;
}

bool gives_up(const any_recovery_action& action, std::error_code why) {
    const auto* last = std::get_if<act::give_up>(&action);
    return last != nullptr && last->reason.code == why;
}

template <class Action>
bool is(const any_recovery_action& action) {
    return std::holds_alternative<Action>(action);
}

} // namespace

TEST_CASE("connect, replay, done") {
    owner o;
    CHECK(o.machine.state() == recovery_state::idle);
    CHECK(connects_to(o.next(on::start{}), 0));
    CHECK(is<act::replay>(o.next(on::opened{})));
    CHECK(is<act::done>(o.next(on::replayed{})));
    CHECK(o.machine.state() == recovery_state::established);
}

TEST_CASE("after a loss the first attempt is at once, the next ones after jittered pauses") {
    owner o;
    o.next(on::start{});
    o.establishes();
    o.now += 5s;
    CHECK(connects_to(o.next(on::lost{reset}), 0));
    // splitmix64 from this seed draws 6457827717110365317, 3203168211198807973,
    // 9817491932198370423, 4593380528125082431, 16408922859458223821
    CHECK(o.pass(o.fails()) == 722ms); // of 1001 choices
    CHECK(connects_to(o.next(on::timer{}), 0));
    CHECK(o.pass(o.fails()) == 1441ms); // of 2001
    CHECK(connects_to(o.next(on::timer{}), 0));
    CHECK(o.pass(o.fails()) == 2622ms); // of 4001
    o.next(on::timer{});
    CHECK(o.pass(o.fails()) == 3223ms); // of 8001
    o.next(on::timer{});
    CHECK(o.pass(o.fails()) == 8768ms); // of 16001
    CHECK(o.machine.failed_rounds() == 5);
}

TEST_CASE("a pause never exceeds the longest one and uses all of it") {
    recovery_options options;
    options.pause_first = 10ms;
    options.pause_max = 70ms;
    owner o{options};
    o.next(on::start{});
    const std::array longest{10ms, 20ms, 40ms, 70ms};
    for (std::size_t round = 0; round < longest.size(); ++round) {
        CAPTURE(round);
        CHECK(o.pass(o.fails()) <= longest[round]);
        o.next(on::timer{});
    }
    std::vector<bool> seen(71);
    for (int i = 0; i < 5'000; ++i) {
        const auto pause = o.pass(o.fails());
        REQUIRE(pause >= 0ms);
        REQUIRE(pause <= 70ms);
        seen[static_cast<std::size_t>(pause.count())] = true;
        o.next(on::timer{});
    }
    CHECK(std::find(seen.begin(), seen.end(), false) == seen.end());
}

TEST_CASE("seeds decide the pauses") {
    const auto first_pause = [](std::uint64_t seed) {
        recovery machine{{}, seed};
        machine.next(on::start{}, beginning);
        return std::get<act::wait>(machine.next(on::connect_failed{refused}, beginning)).until;
    };
    CHECK(first_pause(1) == first_pause(1));
    CHECK(first_pause(1) != first_pause(2));
}

TEST_CASE("endpoints are tried in turn, a pause comes when all have failed") {
    recovery_options options;
    options.endpoint_count = 3;
    owner o{options};
    CHECK(connects_to(o.next(on::start{}), 0));
    CHECK(connects_to(o.fails(), 1));
    CHECK(connects_to(o.fails(), 2));
    o.pass(o.fails());
    CHECK(connects_to(o.next(on::timer{}), 0));
    CHECK(connects_to(o.fails(), 1));
    o.establishes();
    o.now += 1min;
    CHECK(connects_to(o.next(on::lost{reset}), 2)); // behind the one that was lost
    CHECK(connects_to(o.fails(), 0));
    CHECK(connects_to(o.fails(), 1));
    CHECK(is<act::wait>(o.fails()));
}

TEST_CASE("no endpoint counts as one") {
    recovery_options options;
    options.endpoint_count = 0;
    owner o{options};
    CHECK(connects_to(o.next(on::start{}), 0));
    CHECK(is<act::wait>(o.fails()));
}

TEST_CASE("a connection that lived only briefly does not reset the pauses") {
    owner o;
    o.next(on::start{});
    o.pass(o.fails());
    o.next(on::timer{});
    o.establishes();
    o.now += 4'999ms;
    CHECK(is<act::wait>(o.next(on::lost{reset})));
    CHECK(o.machine.failed_rounds() == 2);

    owner lucky;
    lucky.next(on::start{});
    lucky.pass(lucky.fails());
    lucky.next(on::timer{});
    lucky.establishes();
    lucky.now += 5s;
    CHECK(connects_to(lucky.next(on::lost{reset}), 0));
    CHECK(lucky.machine.failed_rounds() == 0);
}

TEST_CASE("a loss while replaying counts from the opening too") {
    owner o;
    o.next(on::start{});
    o.next(on::opened{});
    CHECK(is<act::wait>(o.next(on::lost{reset})));

    owner slow;
    slow.next(on::start{});
    slow.next(on::opened{});
    slow.now += 5s;
    CHECK(connects_to(slow.next(on::lost{reset}), 0));
}

TEST_CASE("what no repetition changes ends it at once") {
    const std::array<std::error_code, 8> fatal{
        errc::login_refused,        errc::no_common_mechanism, errc::credentials_contain_nul,
        errc::string_too_long,      errc::name_refused,        errc::header_exceeds_frame_max,
        reply_code::access_refused, reply_code::not_allowed};
    recovery_options options;
    options.endpoint_count = 2;
    for (const auto code : fatal) {
        CAPTURE(code.message());
        CHECK(is_fatal(code));
        owner o{options};
        o.next(on::start{});
        CHECK(gives_up(o.next(on::connect_failed{{code, "no", true, {}}}), code));
        CHECK(o.machine.state() == recovery_state::ended);
    }
    for (const std::error_code code : {std::error_code{errc::connection_lost},
                                       {errc::handshake_timed_out},
                                       {reply_code::connection_forced},
                                       {reply_code::internal_error},
                                       std::make_error_code(std::errc::host_unreachable)})
        CHECK_FALSE(is_fatal(code));
}

TEST_CASE("the caller may call an error fatal, and may retry fatal ones") {
    owner tls;
    tls.next(on::start{});
    CHECK(gives_up(tls.next(on::connect_failed{refused, true}), refused.code));

    recovery_options options;
    options.retry_fatal = true;
    owner o{options};
    o.next(on::start{});
    CHECK(is<act::wait>(
        o.next(on::connect_failed{{reply_code::access_refused, "no", true, {}}, true})));
}

TEST_CASE("an established connection that is closed with 403 or 530 is tried again") {
    owner o;
    o.next(on::start{});
    o.establishes();
    o.now += 1h;
    CHECK(connects_to(o.next(on::lost{{reply_code::not_allowed, "", true, {}}}), 0));
}

TEST_CASE("it gives up when its time is over, after one last attempt") {
    recovery_options options;
    options.reconnect_for = 3'000ms;
    owner o{options};
    o.next(on::start{});
    o.pass(o.fails()); // 722 ms
    o.next(on::timer{});
    o.pass(o.fails()); // 1441 ms
    o.next(on::timer{});
    CHECK(o.pass(o.fails()) == 837ms); // not 2622
    CHECK(o.now == beginning + 3s);
    CHECK(connects_to(o.next(on::timer{}), 0));
    CHECK(gives_up(o.fails(), refused.code));
    CHECK(is<act::nothing>(o.next(on::timer{})));
}

TEST_CASE("a round that has begun is finished when the time is over") {
    recovery_options options;
    options.endpoint_count = 2;
    options.reconnect_for = 1s;
    owner o{options};
    o.next(on::start{});
    o.now += 2s;
    CHECK(connects_to(o.fails(), 1));
    CHECK(gives_up(o.fails(), refused.code));
}

TEST_CASE("the time counts from the last stable connection") {
    recovery_options options;
    options.reconnect_for = 10s;
    owner o{options};
    o.next(on::start{});
    o.establishes();
    o.now += 1h;
    CHECK(connects_to(o.next(on::lost{reset}), 0));
    o.now += 8s;
    o.establishes();
    o.now += 3s; // brief, so the loss an hour after the start still counts
    CHECK(gives_up(o.next(on::lost{reset}), reset.code));
}

TEST_CASE("without reconnection each endpoint is tried once, and a loss is the end") {
    recovery_options options;
    options.endpoint_count = 2;
    options.reconnect_for = 0ms;
    owner never_there{options};
    CHECK(connects_to(never_there.next(on::start{}), 0));
    CHECK(connects_to(never_there.fails(), 1));
    CHECK(gives_up(never_there.fails(), refused.code));

    for (const auto lived : {1s, 3600s}) {
        owner o{options};
        o.next(on::start{});
        o.establishes();
        o.now += lived;
        CHECK(gives_up(o.next(on::lost{reset}), reset.code));
    }
}

TEST_CASE("the longest time is for ever") {
    recovery_options options;
    options.reconnect_for = std::chrono::milliseconds::max();
    owner o{options};
    o.next(on::start{});
    CHECK(is<act::wait>(o.fails()));
}

TEST_CASE("a timer that fires too early asks for the rest") {
    owner o;
    o.next(on::start{});
    const auto action = o.fails();
    CHECK(std::get<act::wait>(o.next(on::timer{})) == std::get<act::wait>(action));
    o.pass(action);
    CHECK(connects_to(o.next(on::timer{}), 0));
}

TEST_CASE("our own wish ends it") {
    owner asked;
    asked.next(on::start{});
    asked.establishes();
    CHECK(gives_up(asked.next(on::stop{}), {}));

    owner closed;
    closed.next(on::start{});
    closed.establishes();
    CHECK(gives_up(closed.next(on::lost{}), {}));

    owner early;
    early.next(on::start{});
    CHECK(gives_up(early.next(on::connect_failed{}), {}));
}

TEST_CASE("every event in every state") {
    const std::array<std::pair<recovery_state, std::vector<any_recovery_event>>, 6> ways{{
        {recovery_state::idle, {}},
        {recovery_state::connecting, {on::start{}}},
        {recovery_state::waiting, {on::start{}, on::connect_failed{refused}}},
        {recovery_state::replaying, {on::start{}, on::opened{}}},
        {recovery_state::established, {on::start{}, on::opened{}, on::replayed{}}},
        {recovery_state::ended, {on::stop{}}},
    }};
    // In the order of any_recovery_event:
    //   start, connect_failed, opened, replayed, lost, timer, stop
    const std::array<std::string_view, 6> legal{"x.....x", ".xx...x", ".....xx",
                                                "...xx.x", "....x.x", "......."};
    const std::array<any_recovery_event, 7> events{on::start{},     on::connect_failed{refused},
                                                   on::opened{},    on::replayed{},
                                                   on::lost{reset}, on::timer{},
                                                   on::stop{}};
    for (std::size_t state = 0; state < ways.size(); ++state)
        for (std::size_t event = 0; event < events.size(); ++event) {
            CAPTURE(state);
            CAPTURE(event);
            owner o;
            for (const auto& step : ways[state].second)
                o.next(step);
            REQUIRE(o.machine.state() == ways[state].first);
            const bool expected = legal[state][event] == 'x';
            CHECK(is_legal(ways[state].first, event) == expected);
            o.now += 1h;
            const auto action = o.next(events[event]);
            CHECK(is<act::nothing>(action) == !expected);
            CHECK((o.machine.state() == ways[state].first) == !expected);
        }
    static_assert(std::variant_size_v<any_recovery_event> == 7);
}

TEST_CASE("the start can have a time of its own, which a loss soon after does not inherit") {
    recovery_options options;
    options.start_for = 0ms;
    options.reconnect_for = 60s;
    owner impatient(options);
    impatient.next(on::start{});
    CHECK(gives_up(impatient.fails(), refused.code));

    owner patient(options);
    patient.next(on::start{});
    patient.establishes();
    patient.now += 1s; // not yet stable
    patient.pass(patient.next(on::lost{reset}));
    CHECK(connects_to(patient.next(on::timer{}), 0));
    patient.now += 60s;
    CHECK(gives_up(patient.fails(), refused.code));
}
