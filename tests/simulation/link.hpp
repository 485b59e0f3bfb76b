#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <simulation/scenario.hpp>
#include <taskwire/proto/ring.hpp>

namespace taskwire::simulation {

/// One direction of a TCP connection: bytes go in, and come out later, in pieces.
class pipe {
  public:
    pipe(const scenario& network, dice& roll) : network_(network), roll_(roll) {}

    /// How much a socket would take now: none until a good part of its buffer is free.
    std::size_t room() const {
        const auto free =
            network_.socket_capacity - std::min<std::size_t>(under_way(), network_.socket_capacity);
        return free >= network_.socket_capacity / 4 ? free : 0;
    }
    std::size_t under_way() const { return bytes_.size() - taken_; }
    void write(std::string_view bytes, time_point now);
    /// The writer is done, one way or the other: the reader hears of it behind all bytes.
    void finish(time_point now);

    /// When the next piece arrives.
    time_point due() const;
    /// Takes a piece that is due; empty: the writer has finished.
    std::string_view take();

    void stall(time_point until) { stalled_until_ = until; }
    /// What is under way vanishes, and with `for_good` what will be written, the end included.
    void drop(bool for_good);

  private:
    struct piece {
        time_point at;
        std::size_t size = 0;
    };

    void send(std::size_t size, time_point now);

    const scenario& network_;
    dice& roll_;
    std::string bytes_;
    std::size_t taken_ = 0;
    proto::ring<piece> pieces_;
    time_point last_at_;
    time_point stalled_until_;
    bool finished_ = false; ///< the end is under way, or has arrived
    bool mute_ = false;
};

/// An acknowledgement as the application meant it, to be compared with what the broker makes of it.
struct meant_ack {
    std::uint64_t deliveries = 0; ///< sum of their numbers, which the broker put into them
    std::uint64_t count = 0;
};

/// A TCP connection between a client and the broker.
struct link {
    link(const scenario& network, dice& roll)
        : to_broker(network, roll), to_client(network, roll) {}

    pipe to_broker;
    pipe to_client;
    bool faulty = false; ///< was stalled or silenced: who does not hear may give up
    proto::ring<meant_ack> acks_under_way;

    void go_silent() {
        faulty = true;
        to_broker.drop(true);
        to_client.drop(true);
    }
    void reset(time_point now) {
        to_broker.drop(false);
        to_client.drop(false);
        to_broker.finish(now);
        to_client.finish(now);
    }
};

} // namespace taskwire::simulation
