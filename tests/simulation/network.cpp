#include <simulation/network.hpp>

#include <algorithm>

namespace taskwire::simulation {

namespace {

const binding jobs_binding{"in", "jobs", "jobs"};

constexpr std::array<std::string_view, fault_kind_count> fault_names{
    "reset",
    "cut after output",
    "cut after input",
    "half open",
    "stall",
    "refuse",
    "ignore",
    "restart",
    "close",
    "close channels",
    "cancel consumers",
    "block",
    "unbind",
    "flow",
};

} // namespace

network::network(const scenario& options, dice& roll, transcript& log)
    : options_(options), roll_(roll), log_(log), broker_(options, roll, log) {}

network::attempt network::connect(std::size_t endpoint, time_point now) {
    const auto takes = options_.latency + roll_.between(duration{0}, std::chrono::milliseconds{20});
    const bool nobody_there = endpoint != 0; // only the first of the endpoints exists
    if (now < ignores_until_)
        return {now + options_.connect_timeout, std::make_error_code(std::errc::timed_out)};
    if (now < refuses_until_ || nobody_there)
        return {now + takes, std::make_error_code(std::errc::connection_refused)};
    return {now + takes, {}};
}

link* network::accept(time_point now) {
    if (now < refuses_until_ || now < ignores_until_)
        return nullptr;
    auto wire = std::make_unique<link>(options_, roll_);
    auto end =
        std::make_unique<session>(broker_, *wire, static_cast<unsigned>(connections_.size()), now);
    if (alarm_)
        end->set_alarm(true, now);
    connections_.push_back({std::move(wire), std::move(end)});
    return connections_.back().wire.get();
}

time_point network::due() const {
    auto next = never;
    if (next_fault_ < options_.faults.size())
        next = options_.faults[next_fault_].at;
    for (const auto& each : repairs_)
        next = std::min(next, each.at);
    for (const auto& each : connections_)
        next = std::min(next, each.end->due());
    return next;
}

void network::step(time_point now) {
    while (next_fault_ < options_.faults.size() && options_.faults[next_fault_].at <= now)
        strike(options_.faults[next_fault_++], now);
    for (std::size_t i = repairs_.size(); i != 0; --i)
        if (repairs_[i - 1].at <= now) {
            const auto what = repairs_[i - 1];
            repairs_.erase(repairs_.begin() + static_cast<std::ptrdiff_t>(i - 1));
            mend(what, now);
        }
    for (auto& each : connections_)
        if (each.end->due() <= now)
            each.end->step(now);
}

void network::strike(const fault& what, time_point now) {
    log_.add(static_cast<std::uint64_t>(what.kind));
    if (log_.printing())
        log_.print(now, "fault", fault_names[static_cast<std::size_t>(what.kind)]);
    switch (what.kind) {
    case fault_kind::refuse:
        refuses_until_ = std::max(refuses_until_, now + what.lasts);
        return;
    case fault_kind::ignore:
        ignores_until_ = std::max(ignores_until_, now + what.lasts);
        return;
    case fault_kind::restart:
        refuses_until_ = std::max(refuses_until_, now + what.lasts);
        for (auto& each : connections_)
            if (!each.end->ended())
                each.end->reset(now);
        return broker_.restart();
    case fault_kind::block:
        alarm_ = true;
        for (auto& each : connections_)
            each.end->set_alarm(true, now);
        repairs_.push_back({now + what.lasts, what.kind});
        return;
    case fault_kind::unbind:
        broker_.unbind(jobs_binding);
        repairs_.push_back({now + what.lasts, what.kind});
        return;
    case fault_kind::flow:
        repairs_.push_back({now + what.lasts, what.kind});
        break;
    default:
        break;
    }
    for (auto& each : connections_)
        if (!each.end->ended() && roll_.chance(70))
            strike_one(what, each, now);
}

void network::strike_one(const fault& what, connection& which, time_point now) {
    auto& end = *which.end;
    switch (what.kind) {
    case fault_kind::reset:
        return end.reset(now);
    case fault_kind::cut_after_output:
        return end.cut_after_output(what.number);
    case fault_kind::cut_after_input:
        return end.cut_after_input(what.number);
    case fault_kind::half_open:
        return which.wire->go_silent();
    case fault_kind::stall:
        which.wire->faulty = true;
        return (what.number % 2 == 0 ? which.wire->to_client : which.wire->to_broker)
            .stall(now + what.lasts);
    case fault_kind::close_connection:
        return end.close_connection(now);
    case fault_kind::close_channels:
        return end.close_channels(now);
    case fault_kind::cancel_consumers:
        return end.cancel_consumers(now);
    case fault_kind::flow:
        return end.set_flow(false, now);
    default:
        return;
    }
}

void network::mend(const repair& what, time_point now) {
    const bool lasts = std::any_of(repairs_.begin(), repairs_.end(),
                                   [&](const repair& other) { return other.kind == what.kind; });
    if (lasts)
        return; // another fault of the kind goes on
    if (what.kind == fault_kind::block) {
        alarm_ = false;
        for (auto& each : connections_)
            each.end->set_alarm(false, now);
    } else if (what.kind == fault_kind::flow) {
        for (auto& each : connections_)
            each.end->set_flow(true, now);
    } else if (broker_.find_queue("jobs") != nullptr && broker_.find_exchange("in") != nullptr) {
        broker_.bind(jobs_binding);
    }
}

std::size_t network::connections() const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(),
                      [](const connection& each) { return !each.end->ended(); }));
}

bool network::is_quiet() const {
    return std::all_of(broker_.queues.begin(), broker_.queues.end(),
                       [](const auto& each) { return each->ready.empty(); }) &&
           std::all_of(connections_.begin(), connections_.end(), [](const connection& each) {
               return each.end->ended() || (each.end->is_open() && !each.end->holds_deliveries());
           });
}

bool network::serves(const link* wire) const {
    return std::any_of(connections_.begin(), connections_.end(), [&](const connection& each) {
        return each.wire.get() == wire && each.end->is_open();
    });
}

} // namespace taskwire::simulation
