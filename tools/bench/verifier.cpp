#include <bench/verifier.hpp>

#include <algorithm>

namespace taskwire::tools {

namespace {

constexpr std::uint64_t word_bits = 64;
constexpr std::uint64_t full_word = ~std::uint64_t{0};

} // namespace

bool number_set::insert(std::uint64_t number) {
    if (number < first_)
        return false;
    while ((number - first_) / word_bits >= words_max && !words_.empty()) {
        words_.pop_front();
        first_ += word_bits;
    }
    if (words_.empty() && (number - first_) / word_bits >= words_max)
        first_ = number / word_bits * word_bits;
    const auto index = static_cast<std::size_t>((number - first_) / word_bits);
    if (index >= words_.size())
        words_.resize(index + 1);
    const std::uint64_t bit = std::uint64_t{1} << (number % word_bits);
    if ((words_[index] & bit) != 0)
        return false;
    words_[index] |= bit;
    ++size_;
    while (!words_.empty() && words_.front() == full_word) {
        words_.pop_front();
        first_ += word_bits;
    }
    return true;
}

bool number_set::contains(std::uint64_t number) const {
    if (number < first_)
        return true;
    const auto index = static_cast<std::size_t>((number - first_) / word_bits);
    return index < words_.size() && (words_[index] >> (number % word_bits) & 1U) != 0;
}

verifier::verifier(std::size_t producers, std::size_t consumers)
    : producers_(producers), next_(consumers, std::vector<std::uint64_t>(producers)) {}

void verifier::excuse(std::size_t producer, std::uint64_t sequence) {
    if (!producers_[producer].seen.contains(sequence) &&
        excused_.emplace(producer, sequence).second)
        --missing_;
}

void verifier::received(std::size_t consumer, std::size_t producer, std::uint64_t sequence,
                        bool redelivered) {
    if (producer >= producers_.size() || sequence >= producers_[producer].sent)
        return received_foreign();
    if (!producers_[producer].seen.insert(sequence)) {
        ++duplicated_;
        return;
    }
    if (excused_.erase({producer, sequence}) == 0)
        --missing_;
    std::uint64_t& next = next_[consumer][producer];
    if (sequence < next && !redelivered)
        ++reordered_;
    next = std::max(next, sequence + 1);
}

} // namespace taskwire::tools
