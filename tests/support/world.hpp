#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include <support/judge.hpp>
#include <support/watch.hpp>
#include <taskwire/proto/connection.hpp>

namespace taskwire::test {

/// A machine with a clock and an obedient owner: after every input it is drained as its contract
/// demands. What it tells is kept as text, and judged by the invariants that hold always.
class world {
  public:
    /// At most `write_size_max` bytes leave in one write; 0: all at once.
    explicit world(const proto::connection_options& options, std::size_t write_size_max = 0);

    proto::connection machine;
    time_point now;
    /// For what a step hands to a later one.
    proto::publish_result published;

    // in
    void receive(std::string_view bytes);
    void pass(duration time);
    void lose(std::error_code why = std::make_error_code(std::errc::connection_reset));
    /// Polls and writes until nothing is left. To be called after a command.
    void drain();

    // do
    proto::channel_id open();
    template <class Method>
    proto::request_id request(proto::channel_id where, const Method& method) {
        return asked(machine.request(where, method, now));
    }
    template <class Method>
    std::error_code send(proto::channel_id where, const Method& method) {
        return machine.send(where, method);
    }
    proto::publish_result publish(proto::channel_id where, const spec::basic::publish& method,
                                  std::string_view body,
                                  const spec::basic::properties& properties = {}) {
        return published = machine.publish(where, method, properties, body);
    }
    void close_channel(proto::channel_id where) { machine.close_channel(where, now); }
    void close() { machine.close(now); }

    // out
    std::string next_event();
    std::string next_frame() { return watch_.next(); }
    bool quiet() const { return events_.empty() && watch_.empty(); }
    bool closed() const { return judge_.closed(); }

    /// Fails unless every request was answered once and every channel ended, once closed.
    void judge_end() const { judge_.end(); }

  private:
    void note(const proto::any_event& event);
    proto::request_id asked(proto::request_id request);

    std::size_t write_size_max_;
    watch watch_;
    std::deque<std::string> events_;
    event_judge judge_;
};

} // namespace taskwire::test
