#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string_view>
#include <vector>

#include <simulation/regressions.hpp>
#include <simulation/world.hpp>
#include <support/long_run.hpp>

namespace {

using taskwire::simulation::run;

constexpr std::string_view usage = R"(usage: simulate --seeds FIRST COUNT   live through COUNT seeds
       simulate --fresh COUNT         the same from a first seed that nobody knows
       simulate --regressions         seeds that once found something
       simulate --seed N [--trace]    one seed; with a line for all that happens
)";

/// One of so many is lived through twice, to see that a seed decides everything.
constexpr std::uint64_t repeat_every = 50;

/// With TASKWIRE_TEST_LONG=1 so many times more fresh seeds are lived through.
constexpr std::uint64_t long_factor = 100;

struct tally {
    std::uint64_t seeds = 0;
    std::uint64_t failures = 0;
    std::uint64_t events = 0;
    std::chrono::nanoseconds lived{};
};

/// False when a promise was broken; then it has been told.
bool live(std::uint64_t seed, bool repeat, bool tracing, tally& sum) {
    ++sum.seeds;
    try {
        const auto first = run(seed, tracing);
        sum.events += first.events;
        sum.lived += first.lasted;
        if (!repeat || run(seed, false).hash == first.hash)
            return true;
        std::printf("seed %llu: not the same when it is repeated\n",
                    static_cast<unsigned long long>(seed));
    } catch (const taskwire::simulation::failure& broken) {
        std::printf("seed %llu: broken: %s\n", static_cast<unsigned long long>(seed),
                    broken.what());
    }
    ++sum.failures;
    return false;
}

int conclude(const tally& sum) {
    const auto took = static_cast<double>(std::clock()) / CLOCKS_PER_SEC; // of one core
    const auto seeds = static_cast<double>(sum.seeds);
    std::printf("%llu seeds, %llu failures; %.0f events and %.1f s of virtual time a seed, "
                "%.0f seeds a second of one core\n",
                static_cast<unsigned long long>(sum.seeds),
                static_cast<unsigned long long>(sum.failures),
                static_cast<double>(sum.events) / seeds,
                std::chrono::duration<double>(sum.lived).count() / seeds, seeds / took);
    return sum.failures == 0 ? 0 : 1;
}

int live_many(std::uint64_t first, std::uint64_t count) {
    constexpr std::uint64_t failures_max = 20;
    tally sum;
    for (auto seed = first; seed < first + count && sum.failures < failures_max; ++seed)
        live(seed, seed % repeat_every == 0, false, sum);
    return conclude(sum);
}

int live_regressions() {
    tally sum;
    for (const auto& each : taskwire::simulation::regressions)
        if (!live(each.seed, true, false, sum))
            std::printf("  it once found: %.*s\n", static_cast<int>(each.found.size()),
                        each.found.data());
    return conclude(sum);
}

int live_fresh(std::uint64_t count) {
    if (taskwire::test::is_long_run())
        count *= long_factor;
    std::random_device source;
    const auto first = (std::uint64_t{source()} << 20U) ^ source();
    std::printf("fresh seeds from %llu on\n", static_cast<unsigned long long>(first));
    return live_many(first, count);
}

/// 0: it is no number.
std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return fault == std::errc{} && end == text.data() + text.size() ? value : 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    const auto is = [&](std::size_t count, std::string_view name) {
        return words.size() == count && words[0] == name;
    };
    const auto first = words.size() > 1 ? number(words[1]) : 0;
    const auto second = words.size() > 2 ? number(words[2]) : 0;
    if (is(1, "--regressions"))
        return live_regressions();
    if (is(2, "--fresh") && first != 0)
        return live_fresh(first);
    if (is(3, "--seeds") && first != 0 && second != 0)
        return live_many(first, second);
    const bool tracing = is(3, "--seed") && words[2] == "--trace";
    if ((is(2, "--seed") || tracing) && first != 0) {
        tally sum;
        live(first, true, tracing, sum);
        return conclude(sum);
    }
    std::fputs(usage.data(), stderr);
    return 2;
}
