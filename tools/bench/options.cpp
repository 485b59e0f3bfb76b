#include <bench/options.hpp>

#include <bench/stamp.hpp>
#include <common/duration.hpp>
#include <common/help.hpp>
#include <common/size.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace taskwire::tools {

namespace {

constexpr std::uint16_t lanes_max = 1'000; // each needs a channel; RabbitMQ allows 2,047
constexpr std::uint16_t prefetch_of_slot = 1;
constexpr std::uint64_t count_to_consume = 100'000;
constexpr std::uint64_t count_to_execute = 1'000;
constexpr std::chrono::seconds time_default{10};
constexpr std::uint64_t number_max = 1'000'000'000'000;
constexpr std::uint64_t size_max = std::uint64_t{128} << 20U;
constexpr std::array modes{bench_mode::publish, bench_mode::consume, bench_mode::both,
                           bench_mode::roundtrip, bench_mode::exec};

constexpr const char* usage_text =
    R"(usage: taskwire-bench [OPTIONS] publish                     how fast messages are confirmed
       taskwire-bench [OPTIONS] consume                     how fast a full queue is emptied
       taskwire-bench [OPTIONS] both                        both at a time
       taskwire-bench [OPTIONS] roundtrip                   one message at a time, there and back
       taskwire-bench [OPTIONS] exec [-- COMMAND [ARG...]]  tasks a second, a process for each
)";

constexpr const char* introduction = R"(
Measures a broker and this client, on a queue of its own that is deleted at the end.

examples:
  taskwire-bench both                                 10 s at full speed
  taskwire-bench both -x 2 -y 4 -s 1K -z 30 --verify  and every message is accounted for
  taskwire-bench both -r 2000                         latency at 2000 messages a second
  taskwire-bench publish --queue-type classic -C 1000000
  taskwire-bench exec -y 4 -- ./resize.sh             how many tasks a second 4 slots do
  taskwire-bench roundtrip --json | jq .latency_us
)";

constexpr const char* ending = R"(
TIME is like 250ms, 10s, 5m, 1h; SIZE like 100, 64K, 16M. `--` ends the options.

Latency counts from the moment at which a message was due (--rate), or was given to the client.

exit status:
  0 measured
  1 messages lost, duplicated, reordered, not confirmed, or they did not come; COMMAND failed
 64 wrong usage
 69 no broker
 75 interrupted, the report is of what was measured by then, if anything; COMMAND could not start
 77 login or permission refused
 78 COMMAND cannot be executed
128+N ended by a second signal N; the queue is left
)";

struct number_limits {
    std::uint64_t min = 1;
    std::uint64_t max = number_max;
};

std::string parse_number(const std::string& text, number_limits limits, std::uint64_t& out) {
    const char* end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, out);
    if (fault == std::errc{} && stop == end && out >= limits.min && out <= limits.max)
        return {};
    return fmt::format("'{}' is not a number from {} to {}", text, limits.min, limits.max);
}

template <class Number>
CLI::Option* add_number(CLI::App& app, const std::string& names, number_limits limits, Number& out,
                        const std::string& description) {
    const auto parse = [limits, &out](const std::string& text) {
        std::uint64_t value = 0;
        std::string fault = parse_number(text, limits, value);
        if (fault.empty())
            out = static_cast<Number>(value);
        return fault;
    };
    return add_parsed(app, names, "N", parse, description);
}

// A bare number is seconds here, as PerfTest has it.
std::string parse_time(const std::string& text, bench_options& out) {
    const bool is_bare = !text.empty() && std::all_of(text.begin(), text.end(), [](char digit) {
        return digit >= '0' && digit <= '9';
    });
    return parse_positive_duration(is_bare ? text + "s" : text, out.time.emplace());
}

std::string parse_body_size(const std::string& text, bench_options& out) {
    std::uint64_t size = 0;
    if (std::string fault = parse_size(text, size); !fault.empty())
        return fault;
    if (size < stamp_size || size > size_max)
        return fmt::format("{} to 128M: each body holds its number and its time", stamp_size);
    out.size = size;
    return {};
}

void add_load_options(CLI::App& app, bench_options& out) {
    const number_limits lanes{1, lanes_max};
    add_number(app, "-x,--producers", lanes, out.producers, "how many publish (1)");
    add_number(app, "-y,--consumers", lanes, out.consumers,
               "how many consume, or slots of exec (1)");
    add_parsed(
        app, "-s,--size", "SIZE",
        [&out](const std::string& text) { return parse_body_size(text, out); },
        "bytes of a body (256)");
    add_number(app, "-q,--qos", {0, 65'535}, out.prefetch,
               "how many a consumer holds unacknowledged (256; exec 1; 0 = no limit)");
    add_number(app, "-c,--confirm", {1, 1'000'000}, out.window,
               "how many of a producer may be unconfirmed (1000; and 16M of them)");
    add_parsed(
        app, "--confirm-timeout", "TIME",
        [&out](const std::string& text) {
            return parse_positive_duration(text, out.confirm_timeout);
        },
        "a message not confirmed within that time is unknown (30s)");
    add_parsed(
        app, "-C,--pmessages", "N",
        [&out](const std::string& text) { return parse_number(text, {}, out.count.emplace()); },
        "stop after so many of each producer (consume 100000; exec 1000, if there is no -r)");
    add_parsed(
        app, "-z,--time", "TIME", [&out](const std::string& text) { return parse_time(text, out); },
        "publish for so long; consume and exec: work for so long (10s if there is no -C); a bare "
        "number is seconds");
    add_parsed(
        app, "-r,--rate", "N",
        [&out](const std::string& text) {
            return parse_number(text, {1, 10'000'000}, out.rate.emplace());
        },
        "so many a second of each producer, on a fixed schedule (as fast as it goes)");
    app.add_flag("--transient", out.transient, "messages that are not to be stored on disk");
    for (CLI::Option* option : app.get_options())
        if (option->get_group() == "Options")
            option->group("Load");
}

void add_result_options(CLI::App& app, bench_options& out) {
    app.add_flag("--verify", out.verify,
                 "count what is lost, duplicated and reordered; exit 1 if anything is");
    app.add_flag("--json", out.json, "the report as one JSON object");
    for (CLI::Option* option : app.get_options())
        if (option->get_group() == "Options")
            option->group("Report");
}

void take_operands(const CLI::App& app, bench_options& out) {
    std::vector<std::string> words = operands_of(app);
    if (words.empty())
        throw usage_error("a mode is missing: publish, consume, both, roundtrip or exec");
    const auto found = std::find_if(modes.begin(), modes.end(), [&](bench_mode each) {
        return words.front() == to_string(each);
    });
    if (found == modes.end())
        throw usage_error(
            fmt::format("'{}' is none of publish, consume, both, roundtrip, exec", words.front()));
    out.mode = *found;
    words.erase(words.begin());
    if (!words.empty() && out.mode != bench_mode::exec)
        throw usage_error(
            fmt::format("'{}' is one too many; only exec has a COMMAND", words.front()));
    if (!words.empty())
        out.command = std::move(words);
}

void fill_defaults(const CLI::App& app, bench_options& out) {
    if (out.mode == bench_mode::consume && out.rate)
        throw usage_error("--rate is of no use in mode consume: the queue is filled first");
    if (out.mode == bench_mode::exec && !is_given(app, "qos"))
        out.prefetch = prefetch_of_slot;
    if (out.fills_first() && !out.count)
        out.count = out.mode == bench_mode::exec ? count_to_execute : count_to_consume;
    if (!out.count && !out.time)
        out.time = time_default;
}

} // namespace

const char* to_string(bench_mode mode) {
    switch (mode) {
    case bench_mode::publish:
        return "publish";
    case bench_mode::consume:
        return "consume";
    case bench_mode::both:
        return "both";
    case bench_mode::roundtrip:
        return "roundtrip";
    case bench_mode::exec:
        break;
    }
    return "exec";
}

std::optional<std::string> parse_bench_options(const std::vector<std::string>& arguments,
                                               bench_options& out) {
    CLI::App app("", "taskwire-bench");
    app.allow_extras();
    app.formatter_fn([](const CLI::App* of, const std::string&, CLI::AppFormatMode) {
        return render_help(*of, std::string(usage_text) + introduction, ending);
    });
    add_load_options(app, out);
    add_result_options(app, out);
    add_connection_options(app, out.client);
    add_queue_type_option(app, out.client);
    add_output_options(app, out.client, "--quiet");
    if (auto text = parse_command_line(app, arguments, "bench", client_alternatives()))
        return text;
    take_operands(app, out);
    check(out.client);
    fill_defaults(app, out);
    return std::nullopt;
}

std::string bench_short_help() {
    return std::string(usage_text) + "\n--help tells more.\n";
}

} // namespace taskwire::tools
