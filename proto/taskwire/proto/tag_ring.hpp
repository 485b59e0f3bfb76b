#pragma once

#include <cstdint>

#include <taskwire/proto/ring.hpp>

namespace taskwire::proto {

/// Values by tag, for tags that ascend, nearly always by one, and leave in any order.
///
/// A tag's place follows from the first one's, so that nothing is searched in the normal case.
/// Memory is O(present), however long the first tag stays: an hour's task among short ones must not
/// keep the places of all later ones.
/// *Lifetimes*: a Value stays in place until the next `open` or `close`.
template <class Value>
class tag_ring {
  public:
    struct entry {
        std::uint64_t tag = 0;
        bool present = false;
        [[no_unique_address]] Value value{};
    };

    std::size_t size() const { return present_; }
    bool empty() const { return present_ == 0; }

    /// Adds a tag above all that were added so far.
    Value& open(std::uint64_t tag) {
        auto& added = entries_.extend();
        added.tag = tag;
        added.present = true;
        ++present_;
        return added.value;
    }

    /// The value of a present tag; else nullptr.
    Value* find(std::uint64_t tag) {
        const auto place = place_of(tag);
        return place < entries_.size() && entries_[place].tag == tag && entries_[place].present
                   ? &entries_[place].value
                   : nullptr;
    }
    const Value* find(std::uint64_t tag) const { return const_cast<tag_ring*>(this)->find(tag); }

    /// Removes a tag. False when it is not present.
    bool close(std::uint64_t tag) {
        const auto place = place_of(tag);
        if (place >= entries_.size() || entries_[place].tag != tag || !entries_[place].present)
            return false;
        --present_;
        if (place == 0) {
            entries_.drop_front();
            drop_closed_front();
        } else {
            entries_[place].present = false;
            entries_[place].value = Value{};
        }
        drop_closed_if_many();
        return true;
    }

    /// The first present one; nullptr when empty.
    const entry* front() const { return empty() ? nullptr : &entries_.front(); }

    /// The first present one with a tag of `tag` or above; nullptr when there is none.
    entry* at_or_above(std::uint64_t tag) {
        for (auto place = place_of(tag); place < entries_.size(); ++place)
            if (entries_[place].present)
                return &entries_[place];
        return nullptr;
    }

    /// The highest present tag; 0 when empty.
    std::uint64_t last() const {
        for (auto i = entries_.size(); i != 0; --i)
            if (entries_[i - 1].present)
                return entries_[i - 1].tag;
        return 0;
    }

    void clear() {
        entries_.clear();
        present_ = 0;
    }

  private:
    /// The place of the first tag that is not below `tag`.
    std::size_t place_of(std::uint64_t tag) const {
        if (entries_.empty() || tag <= entries_.front().tag)
            return 0;
        const auto guess = static_cast<std::size_t>(tag - entries_.front().tag);
        if (guess < entries_.size() && entries_[guess].tag == tag)
            return guess;
        std::size_t low = 0;
        std::size_t high = entries_.size();
        while (low < high) {
            const auto middle = low + (high - low) / 2;
            if (entries_[middle].tag < tag)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    void drop_closed_front() {
        while (!entries_.empty() && !entries_.front().present)
            entries_.drop_front();
    }

    /// Each pass removes more than half, so it costs O(1) a tag.
    void drop_closed_if_many() {
        constexpr std::size_t closed_min = 64;
        if (entries_.size() < closed_min + 2 * present_)
            return;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < entries_.size(); ++i)
            if (entries_[i].present) {
                if (kept != i)
                    entries_[kept] = std::move(entries_[i]);
                ++kept;
            }
        while (entries_.size() > kept)
            entries_.pop_back();
    }

    ring<entry> entries_; ///< ascending; the front one is present
    std::size_t present_ = 0;
};

} // namespace taskwire::proto
