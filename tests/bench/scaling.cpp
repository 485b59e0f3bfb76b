#include "scaling.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>

#include <doctest/doctest.h>

namespace taskwire::bench {
namespace {

constexpr int rounds = 3;

double process_cpu_us() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// What else the machine does can only add.
void keep_least(cost& best, const cost& other) {
    best.cpu_us = std::min(best.cpu_us, other.cpu_us);
    best.allocations = std::min(best.allocations, other.allocations);
    best.bytes_per_entity = std::min(best.bytes_per_entity, other.bytes_per_entity);
}

void print(const char* what, std::size_t count, const cost& of) {
    std::printf("%8zu %-12s %8.3f us, %7.3f allocations a message; %8.0f bytes each\n", count, what,
                of.cpu_us, of.allocations, of.bytes_per_entity);
    std::fflush(stdout);
}

} // namespace

meter::meter() : allocated_(test::allocated()), cpu_us_(process_cpu_us()) {}

void meter::divide(std::size_t messages, cost& into) const {
    const auto count = static_cast<double>(messages);
    into.cpu_us = (process_cpu_us() - cpu_us_) / count;
    into.allocations = static_cast<double>(test::allocated().count - allocated_.count) / count;
}

double meter::bytes_per(std::size_t entities) const {
    return static_cast<double>(memory_.bytes()) / static_cast<double>(entities);
}

void compare(const char* what, std::size_t few, std::size_t many, const bounds& limits,
             const std::function<cost(std::size_t)>& measure) {
    cost of_few = measure(few);
    cost of_many = measure(many);
    for (int round = 1; round < rounds; ++round) {
        keep_least(of_few, measure(few));
        keep_least(of_many, measure(many));
    }
    print(what, few, of_few);
    print(what, many, of_many);
    CHECK(of_many.cpu_us <= limits.time_ratio * of_few.cpu_us);
    CHECK(of_many.allocations <= limits.allocations);
    CHECK(of_many.bytes_per_entity <= limits.bytes);
}

sink_process::sink_process(std::vector<std::string> options) {
    int to[2];
    int from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        throw std::runtime_error{"pipe"};
    input_ = to[1];
    output_ = from[0];
    options.insert(options.begin(), TASKWIRE_BENCH_SINK);
    std::vector<char*> words;
    for (auto& each : options)
        words.push_back(each.data());
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    const int fault = posix_spawn(&process_, words[0], &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    char line[64] = {};
    const auto size = fault == 0 ? read(output_, line, sizeof line - 1) : 0;
    unsigned port = 0;
    if (size <= 0 || std::sscanf(line, "port %u", &port) != 1)
        throw std::runtime_error{"no sink"};
    port_ = static_cast<std::uint16_t>(port);
}

sink_process::~sink_process() {
    close(input_);
    close(output_);
    waitpid(process_, nullptr, 0);
}

} // namespace taskwire::bench
