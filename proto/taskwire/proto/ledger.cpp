#include <taskwire/proto/ledger.hpp>

namespace taskwire::proto {

bool ledger::open(std::uint64_t tag) {
    if (tag <= last_opened_)
        return false;
    entries_.push_back({tag, false});
    last_opened_ = tag;
    ++outstanding_;
    return true;
}

bool ledger::settle(std::uint64_t tag) {
    const auto place = place_of(tag);
    if (!place || entries_[*place].settled)
        return false;
    entries_[*place].settled = true;
    --outstanding_;
    drop_settled_front();
    drop_settled_if_many();
    return true;
}

std::optional<ledger::range> ledger::settle_up_to(std::uint64_t tag) {
    if (entries_.empty() || entries_.front().tag > tag)
        return std::nullopt;
    range run{entries_.front().tag, entries_.front().tag};
    entries_.pop_front();
    --outstanding_;
    while (!entries_.empty() && !entries_.front().settled && entries_.front().tag <= tag &&
           entries_.front().tag == run.last + 1) {
        run.last = entries_.pop_front().tag;
        --outstanding_;
    }
    drop_settled_front();
    return run;
}

bool ledger::is_outstanding(std::uint64_t tag) const {
    const auto place = place_of(tag);
    return place && !entries_[*place].settled;
}

void ledger::clear() {
    entries_.clear();
    outstanding_ = 0;
}

std::optional<std::size_t> ledger::place_of(std::uint64_t tag) const {
    if (entries_.empty() || tag < entries_.front().tag || tag > entries_.back().tag)
        return std::nullopt;
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
    if (low < entries_.size() && entries_[low].tag == tag)
        return low;
    return std::nullopt;
}

void ledger::drop_settled_front() {
    while (!entries_.empty() && entries_.front().settled)
        entries_.pop_front();
}

/// One tag that waits for long, an hour's task among short ones, must not keep all later ones. Each
/// pass removes more than half, so it costs O(1) a settlement.
void ledger::drop_settled_if_many() {
    constexpr std::size_t settled_min = 64;
    if (entries_.size() < settled_min + 2 * outstanding_)
        return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i)
        if (!entries_[i].settled)
            entries_[kept++] = entries_[i];
    while (entries_.size() > kept)
        entries_.pop_back();
}

} // namespace taskwire::proto
