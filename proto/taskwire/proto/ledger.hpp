#pragma once

#include <cstdint>
#include <optional>

#include <taskwire/proto/tag_ring.hpp>

namespace taskwire::proto {

/// The tags of a channel that wait to be settled: its unconfirmed publishes, or its unacknowledged
/// deliveries.
///
/// Each tag is settled once, whatever order and whatever mixture of single and `multiple`
/// settlements arrives. A settlement costs O(settled), independent of what is outstanding, and
/// memory is O(outstanding), however long the first tag waits: see `tag_ring`.
/// *Source*: AMQP 0-9-1, 1.8.3.13; RabbitMQ's publisher confirms.
class ledger {
  public:
    /// A run of tags, each outstanding until now.
    struct range {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        friend bool operator==(const range&, const range&) = default;
    };

    /// Adds a tag. False when it does not ascend; nothing is added then.
    bool open(std::uint64_t tag);

    /// Settles one tag. False when it is unknown or was settled before.
    bool settle(std::uint64_t tag);

    /// Settles the first run of outstanding tags that are <= `tag`; nullopt when none is left.
    /// Call again until then: between outstanding tags there may be settled ones.
    std::optional<range> settle_up_to(std::uint64_t tag);

    bool is_outstanding(std::uint64_t tag) const { return tags_.find(tag) != nullptr; }
    std::size_t outstanding() const { return tags_.size(); }
    /// The highest one; 0 when there is none.
    std::uint64_t last_outstanding() const { return tags_.last(); }
    std::uint64_t last_opened() const { return last_opened_; }
    void clear() { tags_.clear(); }

  private:
    struct nothing {};

    tag_ring<nothing> tags_;
    std::uint64_t last_opened_ = 0;
};

} // namespace taskwire::proto
