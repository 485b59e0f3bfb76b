#pragma once

#include <array>
#include <chrono>
#include <vector>

#include <simulation/basics.hpp>
#include <taskwire/proto/options.hpp>
#include <taskwire/proto/recovery.hpp>

namespace taskwire::simulation {

enum class fault_kind : std::uint8_t {
    reset,            ///< both ends lose the connection, bytes under way vanish
    cut_after_output, ///< after a frame of the broker's, exactly
    cut_after_input,  ///< after the broker has taken a frame of the client's, exactly
    half_open,        ///< bytes vanish, and nobody is told
    stall,            ///< one direction stands still for a while
    refuse,           ///< the broker's port refuses connections for a while
    ignore,           ///< the broker's host answers no connection attempt for a while
    restart,          ///< the broker forgets what was not on disk
    close_connection, ///< connection.close 320 by an operator
    close_channels,   ///< channel.close 406: acknowledgements took too long
    cancel_consumers, ///< basic.cancel: the queue's leader moved
    block,            ///< a memory alarm: connection.blocked, and no more reading
    unbind,           ///< somebody removes the binding: publishes are returned
    flow,             ///< channel.flow stops and resumes publishing
};
inline constexpr std::size_t fault_kind_count = 14;

struct fault {
    time_point at;
    fault_kind kind = fault_kind::reset;
    duration lasts{};
    std::uint32_t number = 0; ///< of a frame, or anything else that the kind has to choose
};

/// All that one seed decides before anything happens. Most seeds switch most things off, so that
/// what remains meets in unusual ways (swarm testing).
struct scenario {
    explicit scenario(dice& roll);

    // the task stream
    std::uint32_t task_count = 1;
    std::uint32_t body_size_max = 0;
    bool one_connection = true; ///< of producer and workers
    std::uint32_t window = 1;   ///< unconfirmed publishes
    duration publish_pause{};
    std::uint32_t worker_count = 1;
    std::uint16_t prefetch = 1;
    duration work_max{};
    unsigned ack_multiple = 0; ///< percent, as all of these
    unsigned hand_back = 0;
    unsigned stale_ack = 0;
    unsigned wrong_ack = 0;
    bool extra_topology = false;

    // the client
    proto::connection_options connection;
    proto::recovery_options recovery;
    duration connect_timeout{};

    // the network
    duration latency{};
    duration jitter{};
    unsigned cut_reads = 0;            ///< percent of writes that arrive in pieces
    std::uint32_t piece_max = 0;       ///< bytes of such a piece
    std::uint32_t write_size_max = 0;  ///< bytes that a socket takes at once; 0: all
    std::uint32_t socket_capacity = 0; ///< bytes under way in a direction

    // the broker
    std::uint16_t broker_heartbeat = 0; ///< seconds
    std::uint32_t broker_frame_max = 0;
    std::uint16_t broker_channel_max = 0;
    duration confirm_delay{};
    unsigned confirm_multiple = 0;
    unsigned nack = 0;
    unsigned refuse_handshake = 0;

    std::vector<fault> faults; ///< by time
    time_point faults_end;
};

inline constexpr time_point beginning{std::chrono::hours{1}};

} // namespace taskwire::simulation
