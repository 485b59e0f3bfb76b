#pragma once

#include <common/client_options.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace taskwire::tools {

enum class bench_mode { publish, consume, both, roundtrip, exec };

const char* to_string(bench_mode mode);

// The command line of taskwire-bench.
struct bench_options {
    client_options client;

    bench_mode mode = bench_mode::both;
    std::vector<std::string> command{"true"}; // of mode exec

    std::uint16_t producers = 1;
    std::uint16_t consumers = 1;
    std::size_t size = 256;       // bytes of a body
    std::uint16_t prefetch = 256; // of a consumer; 0 = no limit
    std::size_t window = 1'000;   // unconfirmed messages of a producer
    std::chrono::milliseconds confirm_timeout{30'000};
    std::optional<std::uint64_t> count;            // messages of a producer
    std::optional<std::chrono::milliseconds> time; // of publishing, or of consuming what was filled
    std::optional<std::uint64_t> rate;             // messages a second of a producer
    bool transient = false;
    bool verify = false;
    bool json = false;

    // The queue is filled first, and only then is it measured.
    bool fills_first() const {
        return mode == bench_mode::consume || (mode == bench_mode::exec && !rate);
    }
};

// Parses the arguments, without the program's name, and the environment.
// Returns the text that --help or --version asks for; nothing if `out` is filled.
// Errors: throws usage_error.
std::optional<std::string> parse_bench_options(const std::vector<std::string>& arguments,
                                               bench_options& out);

// What to show somebody who gave no argument at all.
std::string bench_short_help();

} // namespace taskwire::tools
