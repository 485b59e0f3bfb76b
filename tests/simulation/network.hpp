#pragma once

#include <memory>
#include <system_error>
#include <vector>

#include <simulation/session.hpp>

namespace taskwire::simulation {

/// The broker's host and the connections to it, with all that goes wrong there.
class network {
  public:
    network(const scenario& options, dice& roll, transcript& log);

    /// How an attempt to connect will end, and when.
    struct attempt {
        time_point at = never;
        std::error_code fault;
    };
    attempt connect(std::size_t endpoint, time_point now);
    /// The attempt ended without a fault: the connection, or nullptr when it is refused by now.
    link* accept(time_point now);

    time_point due() const;
    void step(time_point now);
    void deliver(time_point now) { broker_.deliver(now); }

    const broker& host() const { return broker_; }
    broker& host() { return broker_; }
    /// Nothing ready, nothing with a consumer, and no connection that is being opened or closed.
    bool is_quiet() const;
    bool serves(const link* wire) const;
    std::size_t connections() const;

  private:
    struct connection {
        std::unique_ptr<link> wire;
        std::unique_ptr<session> end;
    };
    struct repair {
        time_point at;
        fault_kind kind = fault_kind::reset;
    };

    void strike(const fault& what, time_point now);
    void strike_one(const fault& what, connection& which, time_point now);
    void mend(const repair& what, time_point now);

    const scenario& options_;
    dice& roll_;
    transcript& log_;
    broker broker_;
    /// Also those that ended: a client may not know it yet.
    std::vector<connection> connections_;
    std::vector<repair> repairs_;
    std::size_t next_fault_ = 0;
    time_point refuses_until_;
    time_point ignores_until_;
    bool alarm_ = false;
};

} // namespace taskwire::simulation
