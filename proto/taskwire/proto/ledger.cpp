#include <taskwire/proto/ledger.hpp>

namespace taskwire::proto {

bool ledger::open(std::uint64_t tag) {
    if (tag <= last_opened_)
        return false;
    tags_.open(tag);
    last_opened_ = tag;
    return true;
}

bool ledger::settle(std::uint64_t tag) {
    return tags_.close(tag);
}

std::optional<ledger::range> ledger::settle_up_to(std::uint64_t tag) {
    if (tags_.empty() || tags_.front()->tag > tag)
        return std::nullopt;
    range run{tags_.front()->tag, tags_.front()->tag};
    tags_.close(run.first);
    while (!tags_.empty() && run.last < tag && tags_.front()->tag == run.last + 1)
        tags_.close(++run.last);
    return run;
}

} // namespace taskwire::proto
