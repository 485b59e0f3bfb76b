/// What the codec costs beside librabbitmq's, for the same values and bytes.
///
///   bench_codec [GOOGLE-BENCHMARK-OPTION...]   nanoseconds
///   bench_codec --list                         names of the operations
///   bench_codec --count NAME TIMES             does one so often, for a tool that counts
#include "codec_operations.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

using namespace taskwire::bench;

namespace {

template <class Operation>
void time(benchmark::State& state) {
    Operation operation;
    for ([[maybe_unused]] auto each : state)
        operation();
}

template <class Operation>
void count(std::uint64_t times) {
    Operation operation;
    for (std::uint64_t done = 0; done < times; ++done)
        operation();
}

struct entry {
    std::string_view name;
    void (*time)(benchmark::State&);
    void (*count)(std::uint64_t times);
};

template <class Operation>
constexpr entry entry_of() {
    return {Operation::name, &time<Operation>, &count<Operation>};
}

constexpr entry entries[] = {
    entry_of<publish_encode>(),   entry_of<c_publish_encode>(), entry_of<publish_decode>(),
    entry_of<c_publish_decode>(), entry_of<deliver_encode>(),   entry_of<c_deliver_encode>(),
    entry_of<deliver_decode>(),   entry_of<c_deliver_decode>(), entry_of<header_encode>(),
    entry_of<c_header_encode>(),  entry_of<header_decode>(),    entry_of<c_header_decode>(),
    entry_of<header_look_up>(),   entry_of<c_header_look_up>(),
};

int count_one(std::string_view name, std::uint64_t times) {
    for (const auto& each : entries) {
        if (each.name == name) {
            each.count(times);
            return 0;
        }
    }
    std::fprintf(stderr, "bench_codec: no operation of that name\n");
    return 64;
}

} // namespace

int main(int argc, char** argv) {
    if (!both_write_the_same()) {
        std::fprintf(stderr, "bench_codec: librabbitmq writes other bytes; nothing to compare\n");
        return 1;
    }
    const std::string_view mode = argc > 1 ? argv[1] : "";
    if (mode == "--list") {
        for (const auto& each : entries)
            std::printf("%.*s\n", static_cast<int>(each.name.size()), each.name.data());
        return 0;
    }
    if (mode == "--count" && argc == 4)
        return count_one(argv[2], std::strtoull(argv[3], nullptr, 10));
    for (const auto& each : entries)
        benchmark::RegisterBenchmark(each.name.data(), each.time);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 64;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
