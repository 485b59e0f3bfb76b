#pragma once

#include <bench/load.hpp>
#include <bench/schedule.hpp>
#include <common/wake_up.hpp>

#include <taskwire/publisher.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace taskwire::tools {

// One producer of a run, on a channel of its own.
// Lifetimes: it must outlive its run(); the load is borrowed.
// Thread safety: none; everything on the strand.
class producer_lane {
  public:
    using clock = stamp::clock;

    producer_lane(const strand& executor, load& all, std::size_t number, publisher to);
    producer_lane(const producer_lane&) = delete;
    producer_lane& operator=(const producer_lane&) = delete;

    // Publishes until the count is reached or nobody wants more, and awaits every outcome.
    // Errors: throws taskwire::error when the channel ends, or when a roundtrip does not although
    // the broker takes messages.
    asio::awaitable<void> run(schedule when);

    // The load's wish to stop, or an arrival, may be what it waits for.
    void wake() { changed_.now(); }
    void arrived(std::uint64_t sequence);
    // Messages that should have been sent by then.
    std::uint64_t overdue(clock::time_point then) const;

  private:
    asio::awaitable<void> await_arrival();
    void publish(clock::time_point due);
    bool wants_more() const;

    load& all_;
    std::size_t number_;
    publisher to_;
    wake_up changed_; // what run() waits for
    std::optional<schedule> when_;
    std::string body_;
    spec::basic::publish method_;
    spec::basic::properties properties_;
    std::uint64_t sent_ = 0;
    std::uint64_t arrived_ = 0; // one after the last
};

} // namespace taskwire::tools
