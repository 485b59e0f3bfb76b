#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <taskwire/proto/sasl.hpp>
#include <taskwire/table.hpp>

namespace taskwire::proto {

/// Everything about a connection that can be chosen, with the limits of what a peer can make us
/// spend. The defaults are safe against any peer and right for RabbitMQ.
struct connection_options {
    proto::credentials credentials;
    std::vector<std::string> mechanisms{"PLAIN"}; ///< in order of preference
    std::string virtual_host = "/";
    std::string connection_name; ///< shown by the broker's tools
    table client_properties;     ///< added to the ones we always send

    // What we ask for. The server's value wins when it is smaller.
    std::uint16_t channel_max = 2047;   ///< 0: the server's
    std::uint32_t frame_max = 131'072;  ///< bytes, 0: the server's; never below 8192
    std::chrono::seconds heartbeat{60}; ///< 0 to 65535; 0: the server's value

    // What a peer can make us spend.
    std::size_t header_size_max = std::size_t{1} << 20U;    ///< bytes of a method or header frame
    std::size_t message_size_max = std::size_t{128} << 20U; ///< bytes of a received body
    std::size_t table_depth_max = table_depth_max_default;  ///< nested tables and arrays
    std::size_t unsent_replies_max = 10'000; ///< answers that the peer asks for but does not read
    /// Acknowledgements of deliveries that go on while it does not read them. RabbitMQ's largest
    /// prefetch is 65,535, and it delivers no more than that ahead.
    std::size_t unsent_settlements_max = 200'000;
    /// Bytes, at first. What a prefetch of 256 small messages brings is one read.
    std::size_t input_buffer_size = std::size_t{128} * 1024;

    // Deadlines.
    std::chrono::milliseconds handshake_timeout{10'000};
    std::chrono::milliseconds request_timeout{30'000};
    std::chrono::milliseconds close_timeout{5'000};

    /// Epoch of the first channel; a client that reconnects goes on counting.
    std::uint64_t epoch_first = 1;
};

} // namespace taskwire::proto
