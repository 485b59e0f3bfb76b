#pragma once

#include <bench/options.hpp>
#include <bench/stamp.hpp>
#include <bench/verifier.hpp>
#include <common/log_histogram.hpp>

#include <taskwire/message.hpp>
#include <taskwire/publish_outcome.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace taskwire::tools {

// How many of what, since the run began.
struct load_counts {
    std::uint64_t sent = 0;
    std::uint64_t confirmed = 0;
    std::uint64_t nacked = 0;
    std::uint64_t unknown = 0;  // no answer, or never sent
    std::uint64_t consumed = 0; // acknowledged
    std::uint64_t failed = 0;   // tasks of mode exec
    std::uint64_t overdue = 0;  // not sent, although due before the end

    std::uint64_t unconfirmed() const { return nacked + unknown; }
    // Confirmed, and not (yet) consumed. What is unknown may be consumed, too.
    std::uint64_t unconsumed() const { return confirmed - std::min(consumed, confirmed); }
    std::uint64_t outstanding() const { return sent - confirmed - unconfirmed(); }
};

// What all producers and consumers of a run share: the counts, the latencies, and the wish to stop.
// Its size does not depend on the number of messages.
// Thread safety: none; everything on the strand.
class load {
  public:
    using clock = stamp::clock;

    struct handlers {
        // Everything is consumed, or somebody has asked to stop: look again.
        std::function<void()> notify;
        // A message of that producer has arrived, or will not, in mode roundtrip.
        std::function<void(std::size_t producer, std::uint64_t sequence)> arrived;
        // The first message that is not confirmed, and too many of them.
        std::function<void(const publish_outcome& outcome)> complain;
        std::function<void()> give_up;
    };

    load(const bench_options& of, std::string queue_name, handlers tell);

    // The body's beginning for the next message.
    stamp begin_message(std::size_t producer, std::uint64_t sequence, clock::time_point due);
    void on_outcome(const stamp& message, const publish_outcome& outcome);
    // Before and after the work on it. Only what `is_measuring` counts for the latencies.
    void on_delivery(std::size_t consumer, const delivery& message);
    void on_consumed(const delivery& message);

    // All that was confirmed has been consumed, as far as it can be told.
    bool is_all_consumed() const;
    void begin_measuring();

    const bench_options& options;
    const std::string queue;
    load_counts counts;
    log_histogram confirm_ns; // from due to confirmed
    log_histogram consume_ns; // from due to delivered; to done in mode exec
    log_histogram process_ns; // of mode exec
    std::optional<verifier> check;
    clock::time_point last_confirm; // here and below: while it was measured
    clock::time_point last_consumed;
    std::uint64_t running_processes = 0;
    bool is_measuring = false;
    bool is_blocked = false;   // the broker takes no messages
    bool is_published = false; // nothing more will be confirmed
    bool no_more_publishing = false;
    bool no_more_consuming = false;

  private:
    std::optional<stamp> stamp_of(const delivery& message) const;

    handlers tell_;
    std::uint32_t run_;
    std::uint64_t remembered_ = 0; // unconfirmed messages
};

} // namespace taskwire::tools
