#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace taskwire::tools {

// When each message of a producer is due. It does not wait for anything: a message that leaves
// late, because the one before it was held up, is late by that much in what is measured.
class schedule {
  public:
    using clock = std::chrono::steady_clock;

    // `rate` messages a second; absent: each is due when it is asked for. Of several producers the
    // one at `place` of `places` begins that part of an interval later, lest all send at once.
    schedule(std::optional<std::uint64_t> rate, clock::time_point start, std::uint64_t place,
             std::uint64_t places)
        : rate_(rate), start_(start) {
        if (rate_)
            start_ += std::chrono::nanoseconds(second / *rate_ * place / places);
    }

    clock::time_point due(std::uint64_t number, clock::time_point now) const {
        if (!rate_)
            return now;
        // Without rounding that adds up.
        return start_ + std::chrono::seconds(number / *rate_) +
               std::chrono::nanoseconds(number % *rate_ * second / *rate_);
    }

    // How many are due before `end`; none without a rate.
    std::uint64_t due_before(clock::time_point end) const {
        if (!rate_ || end <= start_)
            return 0;
        const auto ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(end - start_).count());
        return ns / second * *rate_ + (ns % second * *rate_ + second - 1) / second;
    }

  private:
    static constexpr std::uint64_t second = 1'000'000'000; // nanoseconds

    std::optional<std::uint64_t> rate_;
    clock::time_point start_;
};

} // namespace taskwire::tools
