#include <simulation/scenario.hpp>

#include <algorithm>

namespace taskwire::simulation {

using namespace std::chrono_literals;

namespace {

void draw_client(scenario& s, dice& roll) {
    auto& c = s.connection;
    c.input_buffer_size = std::size_t{16} << roll.below(9);
    c.heartbeat = std::chrono::seconds{roll.chance(70) ? roll.between(1, 10) : 0};
    c.channel_max = 12; // as many as the broker keeps
    c.frame_max = roll.chance(50) ? 8192 : 131'072;
    c.handshake_timeout = std::chrono::milliseconds{roll.between(1'500, 10'000)};
    c.request_timeout = std::chrono::milliseconds{roll.between(800, 10'000)};
    c.close_timeout = std::chrono::milliseconds{roll.between(500, 5'000)};
    s.connect_timeout = roll.between(duration{500ms}, duration{3s});

    auto& r = s.recovery;
    r.endpoint_count = roll.chance(30) ? 2 : 1;
    r.pause_first = std::chrono::milliseconds{roll.between(1, 1'000)};
    r.pause_max = std::chrono::milliseconds{roll.between(500, 10'000)};
    r.stable_after = std::chrono::milliseconds{roll.chance(50) ? 0 : roll.between(1, 5'000)};
}

void draw_network(scenario& s, dice& roll) {
    s.latency = roll.chance(30) ? duration{0} : roll.between(duration{100us}, duration{80ms});
    s.jitter = roll.chance(50) ? duration{0} : roll.between(duration{1us}, duration{20ms});
    s.cut_reads = roll.chance(50) ? 0 : static_cast<unsigned>(roll.between(1, 60));
    s.piece_max = static_cast<std::uint32_t>(roll.chance(20) ? 1 : roll.between(2, 400));
    s.write_size_max = static_cast<std::uint32_t>(roll.chance(60) ? 0 : roll.between(60, 4'000));
    s.socket_capacity = static_cast<std::uint32_t>(roll.between(2'000, 100'000));
}

void draw_tasks(scenario& s, dice& roll) {
    s.task_count = static_cast<std::uint32_t>(roll.between(1, roll.chance(20) ? 40 : 12));
    s.body_size_max = static_cast<std::uint32_t>(roll.chance(90) ? roll.below(60) : 12'000);
    s.one_connection = roll.chance(60);
    s.window = static_cast<std::uint32_t>(roll.between(1, 12));
    s.publish_pause = roll.chance(40) ? duration{0} : roll.between(duration{1ms}, duration{2s});
    s.worker_count = static_cast<std::uint32_t>(roll.between(1, 3));
    s.prefetch = static_cast<std::uint16_t>(roll.chance(15) ? 0 : roll.between(1, 8));
    s.work_max = roll.chance(40) ? duration{0} : roll.between(duration{1ms}, duration{3s});
    const auto sometimes = [&](std::uint64_t most) {
        return roll.chance(50) ? 0U : static_cast<unsigned>(roll.between(1, most));
    };
    s.ack_multiple = sometimes(100);
    s.hand_back = sometimes(25);
    s.stale_ack = sometimes(100);
    s.wrong_ack = sometimes(30);
    s.extra_topology = roll.chance(30);
}

void draw_broker(scenario& s, dice& roll) {
    constexpr std::array<std::uint32_t, 4> frame_sizes{0, 4096, 8192, 131'072};
    s.broker_frame_max = frame_sizes[roll.below(frame_sizes.size())];
    s.broker_channel_max = static_cast<std::uint16_t>(roll.chance(50) ? 0 : roll.between(12, 2047));
    s.broker_heartbeat = static_cast<std::uint16_t>(roll.chance(70) ? roll.between(1, 10) : 0);
    s.confirm_delay = roll.chance(40) ? duration{0} : roll.between(duration{1ms}, duration{600ms});
    s.confirm_multiple = static_cast<unsigned>(roll.below(101));
    s.nack = roll.chance(70) ? 0 : static_cast<unsigned>(roll.between(1, 30));
    s.refuse_handshake = roll.chance(85) ? 0 : static_cast<unsigned>(roll.between(1, 40));
}

void draw_faults(scenario& s, dice& roll) {
    std::array<fault_kind, fault_kind_count> enabled{};
    std::size_t kinds = 0;
    const bool silence_is_noticed = s.connection.heartbeat.count() != 0 || s.broker_heartbeat != 0;
    for (std::size_t kind = 0; kind < fault_kind_count; ++kind)
        if (roll.chance(30) &&
            (silence_is_noticed || static_cast<fault_kind>(kind) != fault_kind::half_open))
            enabled[kinds++] = static_cast<fault_kind>(kind);
    s.faults_end = beginning + roll.between(duration{1s}, duration{20s});
    if (kinds == 0)
        return;
    const auto count = roll.below(7);
    for (std::uint64_t i = 0; i < count; ++i) {
        fault each;
        each.at = beginning + roll.between(duration{0}, s.faults_end - beginning);
        each.kind = enabled[roll.below(kinds)];
        each.lasts = roll.between(duration{1ms}, duration{6s});
        each.number = static_cast<std::uint32_t>(roll.below(roll.chance(50) ? 4 : 30));
        s.faults.push_back(each);
    }
    std::sort(s.faults.begin(), s.faults.end(),
              [](const fault& a, const fault& b) { return a.at < b.at; });
    for (const auto& each : s.faults)
        s.faults_end = std::max(s.faults_end, each.at + each.lasts);
}

} // namespace

scenario::scenario(dice& roll) {
    draw_tasks(*this, roll);
    draw_client(*this, roll);
    draw_network(*this, roll);
    draw_broker(*this, roll);
    draw_faults(*this, roll);
}

} // namespace taskwire::simulation
