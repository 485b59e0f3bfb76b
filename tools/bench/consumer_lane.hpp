#pragma once

#include <bench/load.hpp>
#include <common/wake_up.hpp>
#include <worker/child.hpp>

#include <taskwire/consumer.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace taskwire::tools {

// One consumer of a run, on a channel of its own; in mode exec it runs a process for each message
// while the run is measured.
// Lifetimes: it must outlive its run(); the load is borrowed.
// Thread safety: none; everything on the strand.
class consumer_lane {
  public:
    consumer_lane(const strand& executor, load& all, std::size_t number, consumer from);
    consumer_lane(const consumer_lane&) = delete;
    consumer_lane& operator=(const consumer_lane&) = delete;

    // Takes messages until nobody wants more.
    // Errors: throws taskwire::error when the channel ends; could_not_execute.
    asio::awaitable<void> run();

    // Ends the process that runs, if there is one.
    void terminate() { process_.terminate(); }

  private:
    asio::awaitable<void> execute(std::string_view body);

    strand strand_;
    load& all_;
    std::size_t number_;
    consumer from_;
    std::vector<std::string> environment_;
    wake_up process_ended_;
    child process_;
};

// The command of mode exec is not there, or the machine is short of something.
class could_not_execute : public std::runtime_error {
  public:
    could_not_execute(const std::string& command, const child_result& why);

    bool is_missing() const { return is_missing_; }

  private:
    bool is_missing_;
};

} // namespace taskwire::tools
