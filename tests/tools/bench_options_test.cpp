#include <bench/options.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace taskwire::tools;

namespace {

using strings = std::vector<std::string>;

bench_options parse(const strings& arguments) {
    bench_options result;
    CHECK_FALSE(parse_bench_options(arguments, result).has_value());
    return result;
}

std::string failure_of(const strings& arguments) {
    bench_options ignored;
    try {
        parse_bench_options(arguments, ignored);
    } catch (const usage_error& fault) {
        CHECK(to_int(fault.code()) == 64);
        return fault.what();
    }
    return "no failure";
}

} // namespace

TEST_CASE("each mode has its defaults") {
    const auto both = parse({"both"});
    CHECK(both.mode == bench_mode::both);
    CHECK(both.prefetch == 256);
    CHECK_FALSE(both.count.has_value());
    CHECK(both.time == std::chrono::seconds(10));
    CHECK_FALSE(both.transient);
    CHECK(both.client.type == queue_type::quorum);
    CHECK(parse({"consume"}).count == 100'000);
    CHECK_FALSE(parse({"consume"}).time.has_value());
    const auto exec = parse({"exec"});
    CHECK(exec.count == 1'000);
    CHECK(exec.prefetch == 1);
    CHECK(exec.command == strings{"true"});
    CHECK(exec.fills_first());
    CHECK_FALSE(parse({"exec", "-r", "10"}).fills_first());
    CHECK(parse({"exec", "-q", "5"}).prefetch == 5);
    CHECK_FALSE(parse({"publish", "-C", "5"}).time.has_value());
}

TEST_CASE("PerfTest's letters mean what they mean there") {
    const auto options =
        parse({"-x",      "2",   "-y",       "3",      "-s",          "1K",           "-q",
               "0",       "-c",  "10",       "-C",     "7",           "-z",           "30",
               "-r",      "500", "--verify", "--json", "--transient", "--queue-type", "classic",
               "--quiet", "both"});
    CHECK(options.producers == 2);
    CHECK(options.consumers == 3);
    CHECK(options.size == 1024);
    CHECK(options.prefetch == 0);
    CHECK(options.window == 10);
    CHECK(options.count == 7);
    CHECK(options.time == std::chrono::seconds(30));
    CHECK(options.rate == 500);
    CHECK(options.verify);
    CHECK(options.json);
    CHECK(options.transient);
    CHECK(options.client.type == queue_type::classic);
    CHECK(options.client.quiet == 1);
    CHECK(parse({"both", "-z", "250ms"}).time == std::chrono::milliseconds(250));
}

TEST_CASE("a command stands behind two dashes") {
    CHECK(parse({"exec", "-y", "2", "--", "sh", "-c", "exit 1"}).command ==
          strings{"sh", "-c", "exit 1"});
    CHECK(failure_of({"both", "more"}) == "'more' is one too many; only exec has a COMMAND");
}

TEST_CASE("what makes no sense is refused") {
    CHECK(failure_of({}) == "a mode is missing: publish, consume, both, roundtrip or exec");
    CHECK(failure_of({"drown"}) == "'drown' is none of publish, consume, both, roundtrip, exec");
    CHECK(failure_of({"both", "--drown"}) == "there is no option '--drown'");
    CHECK(failure_of({"both", "-x", "0"}).find("'0' is not a number from 1 to 1000") !=
          std::string::npos);
    CHECK(failure_of({"both", "-r", "1.5"}).find("not a number") != std::string::npos);
    CHECK(failure_of({"both", "-s", "8"}).find("24 to 128M") != std::string::npos);
    CHECK(failure_of({"both", "-z", "0"}).find("must not be 0") != std::string::npos);
    CHECK(failure_of({"consume", "-r", "5"}).find("--rate is of no use") == 0);
}
