#include "random_values.hpp"

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace taskwire::test {
namespace {

constexpr std::uint64_t fixed_seed = 20'240'917;

std::uint64_t chosen_seed() {
    if (const char* text = std::getenv("TASKWIRE_TEST_SEED"))
        return std::strtoull(text, nullptr, 10);
    return is_long_run() ? std::random_device{}() : fixed_seed;
}

} // namespace

std::uint64_t run_seed() {
    static const auto seed = [] {
        const auto chosen = chosen_seed();
        std::printf("seed %llu: again with TASKWIRE_TEST_SEED=%llu\n",
                    static_cast<unsigned long long>(chosen),
                    static_cast<unsigned long long>(chosen));
        std::fflush(stdout);
        return chosen;
    }();
    return seed;
}

random_values::random_values(std::uint64_t seed, std::uint64_t index) {
    // Each vector has an engine of its own, so that one can be had without those before it.
    std::seed_seq both{seed >> 32U, seed & 0xffffffffU, index >> 32U, index & 0xffffffffU};
    engine_.seed(both);
}

std::uint64_t random_values::number(unsigned bits) {
    const std::uint64_t all = ~std::uint64_t{0} >> (64 - bits);
    switch (below(8)) {
    case 0:
        return 0;
    case 1:
        return all;
    case 2:
        return all / 2 + 1; // the most negative number, where there is a sign
    default:
        return engine_() & (all >> below(bits));
    }
}

std::string random_values::bytes() {
    const auto which = below(64);
    std::string text(which == 0 ? 70'000 : which == 1 ? 256 : below(24), '\0');
    for (auto& each : text)
        each = static_cast<char>(engine_() & 0xffU);
    return text;
}

std::string random_values::text() {
    const auto which = below(24);
    if (which == 0)
        return {};
    if (which == 1)
        return std::string(255, 'k');
    std::string text;
    for (auto count = below(16); count > 0; --count) {
        const auto character = below(0x3000);
        if (character < 0x80) {
            text += static_cast<char>(character);
        } else if (character < 0x800) {
            text += static_cast<char>(0xc0U | (character >> 6U));
            text += static_cast<char>(0x80U | (character & 0x3fU));
        } else if (character < 0x1000) {
            text += static_cast<char>(0xe0U | (character >> 12U));
            text += static_cast<char>(0x80U | ((character >> 6U) & 0x3fU));
            text += static_cast<char>(0x80U | (character & 0x3fU));
        } else {
            text += static_cast<char>(0x20 + character % 0x5f);
        }
    }
    return text;
}

template <class Float, class Unsigned>
Float random_values::finite() {
    while (true)
        if (const auto value = std::bit_cast<Float>(number<Unsigned>()); std::isfinite(value))
            return value;
}

table_value random_values::value(int depth) {
    switch (below(depth > 0 ? 17 : 15)) {
    case 0:
        return coin();
    case 1:
        return static_cast<std::int8_t>(number<std::uint8_t>());
    case 2:
        return number<std::uint8_t>();
    case 3:
        return static_cast<std::int16_t>(number<std::uint16_t>());
    case 4:
        return number<std::uint16_t>();
    case 5:
        return static_cast<std::int32_t>(number<std::uint32_t>());
    case 6:
        return number<std::uint32_t>();
    case 7:
        return static_cast<std::int64_t>(number<std::uint64_t>());
    case 8:
        return finite<float, std::uint32_t>();
    case 9:
        return finite<double, std::uint64_t>();
    case 10:
        return decimal{number<std::uint8_t>(), static_cast<std::int32_t>(number<std::uint32_t>())};
    case 11:
        return timestamp{number<std::uint64_t>()};
    case 12:
        return nullptr;
    case 13:
        return bytes();
    case 14:
        return table_value::bytes(bytes());
    case 15:
        return table(depth - 1);
    default:
        return array(depth - 1);
    }
}

taskwire::table random_values::table(int depth) {
    taskwire::table fields;
    for (auto count = below(6); count > 0; --count) {
        auto name = bytes();
        name.resize(std::min<std::size_t>(name.size(), 255));
        fields.append(name, value(depth));
    }
    return fields;
}

taskwire::array random_values::array(int depth) {
    taskwire::array values;
    for (auto count = below(6); count > 0; --count)
        values.append(value(depth));
    return values;
}

} // namespace taskwire::test
