#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <utility>
#include <vector>

namespace taskwire::tools {

// Numbers that come nearly in ascending order, in one bit each from the first missing one on; at
// most 2 MiB, then the oldest missing ones are given up.
class number_set {
  public:
    // False if it was there, or was given up.
    bool insert(std::uint64_t number);
    bool contains(std::uint64_t number) const;
    std::uint64_t size() const { return size_; } // without those given up

  private:
    static constexpr std::size_t words_max = std::size_t{1} << 18U;

    std::deque<std::uint64_t> words_;
    std::uint64_t first_ = 0; // the number of the first bit
    std::uint64_t size_ = 0;
};

struct verdict_counts {
    std::uint64_t lost = 0;       // confirmed, but never delivered
    std::uint64_t duplicated = 0; // deliveries of what had been delivered before
    std::uint64_t reordered = 0;  // delivered after a later one of the same producer
    std::uint64_t foreign = 0;    // not ours, or never sent

    bool is_clean() const { return lost + duplicated + reordered + foreign == 0; }
};

// Accounts for every message of a run. Producers and consumers are counted from 0, and so are a
// producer's messages.
// A consumer must get each producer's messages in ascending order, whatever the others get; those
// that the broker marks as redelivered are excused.
class verifier {
  public:
    verifier(std::size_t producers, std::size_t consumers);

    // The next message of the producer is about to be sent.
    void sent(std::size_t producer) {
        ++producers_[producer].sent;
        ++missing_;
    }
    // It was not confirmed, so it may be missing. There must be few of these.
    void excuse(std::size_t producer, std::uint64_t sequence);

    void received(std::size_t consumer, std::size_t producer, std::uint64_t sequence,
                  bool redelivered);
    void received_foreign() { ++foreign_; }

    // What is still to come, if nothing is lost.
    std::uint64_t missing() const { return missing_; }
    verdict_counts counts() const { return {missing_, duplicated_, reordered_, foreign_}; }

  private:
    struct producer_state {
        std::uint64_t sent = 0;
        number_set seen;
    };

    std::vector<producer_state> producers_;
    std::vector<std::vector<std::uint64_t>> next_; // by consumer and producer: one after the last
    std::set<std::pair<std::size_t, std::uint64_t>> excused_; // and not seen
    std::uint64_t missing_ = 0;
    std::uint64_t duplicated_ = 0;
    std::uint64_t reordered_ = 0;
    std::uint64_t foreign_ = 0;
};

} // namespace taskwire::tools
