#pragma once

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include <taskwire/endian.hpp>
#include <taskwire/types.hpp>

/// Real protocol machines against a model broker, in virtual time, all of it decided by one number.
namespace taskwire::simulation {

/// A promise that was not kept.
struct failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void check(bool kept, const char* promise) {
    if (!kept) [[unlikely]]
        throw failure{promise};
}

/// splitmix64: one draw is a few instructions, and a seed decides all of them.
/// Source: Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014.
class dice {
  public:
    explicit dice(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        auto bits = state_;
        bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
        bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
        return bits ^ (bits >> 31U);
    }
    /// 0 to `count` - 1
    std::uint64_t below(std::uint64_t count) { return next() % count; }
    std::uint64_t between(std::uint64_t least, std::uint64_t most) {
        return least + below(most - least + 1);
    }
    duration between(duration least, duration most) {
        const auto span = static_cast<std::uint64_t>((most - least).count());
        return least + duration{static_cast<duration::rep>(below(span + 1))};
    }
    bool chance(unsigned percent) { return percent != 0 && below(100) < percent; }

  private:
    std::uint64_t state_;
};

/// What happened, as a number to compare and, when asked for, as text to read.
class transcript {
  public:
    explicit transcript(bool printing) : printing_(printing) {}

    bool printing() const { return printing_; }
    std::uint64_t hash() const { return hash_; }

    void add(std::uint64_t what) { hash_ = (hash_ ^ what) * 0x9e3779b97f4a7c15U + (hash_ >> 29U); }
    void add(time_point when) { add(static_cast<std::uint64_t>(when.time_since_epoch().count())); }
    void add(std::string_view bytes) {
        add(bytes.size());
        for (; bytes.size() >= 8; bytes.remove_prefix(8))
            add(wire::load<std::uint64_t>(bytes.data()));
        for (const char each : bytes)
            add(static_cast<unsigned char>(each));
    }
    /// Call only when `printing`: texts cost more than what they tell of.
    void print(time_point when, std::string_view who, std::string_view what) const {
        const auto us =
            std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count();
        constexpr std::size_t columns_max = 200; // bodies may be long
        const bool cut = what.size() > columns_max;
        what = what.substr(0, columns_max);
        std::printf("%10.6f %-9.*s %.*s%s\n", static_cast<double>(us) / 1e6,
                    static_cast<int>(who.size()), who.data(), static_cast<int>(what.size()),
                    what.data(), cut ? "…" : "");
    }

  private:
    bool printing_;
    std::uint64_t hash_ = 0;
};

} // namespace taskwire::simulation
