#include <bench/consumer_lane.hpp>
#include <bench/load.hpp>
#include <bench/report.hpp>
#include <bench/schedule.hpp>
#include <bench/stamp.hpp>
#include <bench/verifier.hpp>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <string>
#include <vector>

using namespace taskwire::tools;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

void send(verifier& to, std::size_t producer, int count) {
    for (int i = 0; i < count; ++i)
        to.sent(producer);
}

} // namespace

TEST_CASE("a stamp comes out of a body as it went in") {
    std::string body(stamp_size + 3, 'x');
    const stamp in{7, 3, std::uint64_t{1} << 40U, stamp::clock::now()};
    write_stamp(in, body);
    const auto out = read_stamp(body);
    REQUIRE(out.has_value());
    CHECK(out->run == 7);
    CHECK(out->producer == 3);
    CHECK(out->sequence == std::uint64_t{1} << 40U);
    CHECK(out->due == in.due);
    CHECK(body.substr(stamp_size) == "xxx");
    CHECK_FALSE(read_stamp("too short").has_value());
}

TEST_CASE("the schedule does not wait for those who are late") {
    const auto start = stamp::clock::now();
    const schedule third(3, start, 0, 1);
    CHECK(third.due(0, start) == start);
    CHECK(third.due(1, start + std::chrono::hours(1)) == start + nanoseconds(333'333'333));
    CHECK(third.due(3'000'000, start) == start + std::chrono::seconds(1'000'000));
    // Two producers take turns.
    CHECK(schedule(1000, start, 1, 2).due(5, start) ==
          start + milliseconds(5) + nanoseconds(500'000));
    CHECK(schedule({}, start, 0, 1).due(9, start + milliseconds(1)) == start + milliseconds(1));
}

TEST_CASE("the schedule knows how many are due") {
    const auto start = stamp::clock::now();
    const schedule third(3, start, 0, 1);
    CHECK(third.due_before(start - milliseconds(1)) == 0);
    CHECK(third.due_before(start) == 0);
    CHECK(third.due_before(start + nanoseconds(1)) == 1);
    CHECK(third.due_before(start + milliseconds(400)) == 2);
    CHECK(third.due_before(start + std::chrono::seconds(1'000'000)) == 3'000'000);
    CHECK(schedule({}, start, 0, 1).due_before(start + milliseconds(1)) == 0);
}

TEST_CASE("a number set knows what was in it") {
    number_set found;
    for (std::uint64_t number = 0; number < 1000; ++number)
        if (number != 500)
            CHECK(found.insert(number));
    CHECK(found.size() == 999);
    CHECK_FALSE(found.contains(500));
    CHECK_FALSE(found.insert(499));
    CHECK_FALSE(found.insert(999));
    CHECK(found.insert(500));
    CHECK_FALSE(found.insert(500));
    CHECK(found.contains(500));
    CHECK_FALSE(found.contains(1000));
}

TEST_CASE("a number set gives up what is missing for too long, and stays small") {
    number_set found;
    const std::uint64_t far = std::uint64_t{1} << 40U;
    CHECK(found.insert(far));
    CHECK_FALSE(found.insert(1));
    for (std::uint64_t number = far + 2; number < far + 20'000'000; ++number)
        found.insert(number);
    CHECK(found.size() == 19'999'999);
    CHECK_FALSE(found.insert(far + 1)); // 2 MiB of bits later it is too late
}

TEST_CASE("nothing is wrong when all come once, in order, however they are spread") {
    verifier check(2, 2);
    send(check, 0, 100);
    send(check, 1, 100);
    CHECK(check.missing() == 200);
    for (std::uint64_t i = 0; i < 100; ++i) {
        check.received(i % 2, 0, i, false);
        check.received(i / 50, 1, i, false);
    }
    CHECK(check.missing() == 0);
    CHECK(check.counts().is_clean());
}

TEST_CASE("what is lost, duplicated, reordered or foreign is counted") {
    verifier check(1, 2);
    send(check, 0, 10);
    for (const std::uint64_t i : {0U, 1U, 2U, 5U, 4U, 5U, 7U, 8U, 9U})
        check.received(0, 0, i, false);
    const auto found = check.counts();
    CHECK(found.lost == 2);       // 3 and 6
    CHECK(found.duplicated == 1); // 5
    CHECK(found.reordered == 1);  // 4
    CHECK(found.foreign == 0);
    CHECK_FALSE(found.is_clean());
    check.received(1, 0, 3, false); // another consumer has an order of its own
    check.received(0, 0, 6, true);  // redelivered: late, and excused
    CHECK(check.counts().lost == 0);
    CHECK(check.counts().reordered == 1);
    check.received(0, 0, 10, false); // was never sent
    check.received(0, 1, 0, false);  // nobody's
    check.received_foreign();
    CHECK(check.counts().foreign == 3);
}

TEST_CASE("what was not confirmed may come or not") {
    verifier check(1, 1);
    send(check, 0, 4);
    check.received(0, 0, 0, false);
    check.excuse(0, 0); // it came, although nobody said so
    check.excuse(0, 1); // it does not come
    check.excuse(0, 2);
    CHECK(check.missing() == 1);
    check.received(0, 0, 2, false);
    CHECK(check.missing() == 1);
    check.received(0, 0, 3, false);
    CHECK(check.counts().is_clean());
}

TEST_CASE("a load counts what it is told") {
    bench_options options;
    options.verify = true;
    int complaints = 0;
    load all(options, "q",
             {.notify = [] {},
              .arrived = [](std::size_t, std::uint64_t) {},
              .complain = [&](const taskwire::publish_outcome&) { ++complaints; },
              .give_up = [] {}});
    all.begin_measuring();
    using kind = taskwire::publish_outcome::kind;
    for (const kind each : {kind::confirmed, kind::nacked, kind::unknown}) {
        const stamp message = all.begin_message(0, all.counts.sent, load::clock::now());
        all.on_outcome(message, taskwire::publish_outcome(each));
    }
    CHECK(all.counts.sent == 3);
    CHECK(all.counts.confirmed == 1);
    CHECK(all.counts.nacked == 1);
    CHECK(all.counts.unknown == 1);
    CHECK(complaints == 1);
    CHECK(all.confirm_ns.count() == 1);
    CHECK(all.check->missing() == 1);
    CHECK_FALSE(all.is_all_consumed());
}

TEST_CASE("a roundtrip does not wait for what was not confirmed") {
    bench_options options;
    options.mode = bench_mode::roundtrip;
    std::vector<std::uint64_t> ended;
    load all(options, "q",
             {.notify = [] {},
              .arrived = [&](std::size_t, std::uint64_t sequence) { ended.push_back(sequence); },
              .complain = [](const taskwire::publish_outcome&) {},
              .give_up = [] {}});
    using kind = taskwire::publish_outcome::kind;
    for (const kind each : {kind::confirmed, kind::nacked, kind::unknown}) {
        const stamp message = all.begin_message(0, all.counts.sent, load::clock::now());
        all.on_outcome(message, taskwire::publish_outcome(each));
    }
    CHECK(ended == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("a run is given up for what times out or is nacked, not for what ends with its channel") {
    bench_options options;
    int given_up = 0;
    load all(options, "q",
             {.notify = [] {},
              .arrived = [](std::size_t, std::uint64_t) {},
              .complain = [](const taskwire::publish_outcome&) {},
              .give_up = [&] { ++given_up; }});
    const auto publish = [&](taskwire::errc why) {
        const stamp message = all.begin_message(0, all.counts.sent, load::clock::now());
        all.on_outcome(message, {taskwire::publish_outcome::kind::unknown, why, "why"});
    };
    for (int i = 0; i < 10'000; ++i)
        publish(taskwire::errc::connection_lost);
    CHECK(given_up == 0);
    for (int i = 0; i < 10'000; ++i)
        publish(taskwire::errc::request_timed_out);
    CHECK(given_up == 1);
    CHECK(all.counts.unknown == 20'000);
    CHECK(all.counts.outstanding() == 0);
}

TEST_CASE("a command that is not there is told from a machine that is short of something") {
    const could_not_execute missing("./x", {.how = ending::could_not_execute, .error = ENOENT});
    CHECK(missing.is_missing());
    CHECK(missing.what() == std::string("cannot execute './x': No such file or directory"));
    const could_not_execute failed(
        "./x", {.how = ending::could_not_start, .error = EMFILE, .failed_call = "pipe2"});
    CHECK_FALSE(failed.is_missing());
    CHECK(failed.what() == std::string("cannot start './x': pipe2: Too many open files"));
}

TEST_CASE("latencies in three digits") {
    CHECK(format_latency(950) == "950 ns");
    CHECK(format_latency(1'000) == "1.00 µs");
    CHECK(format_latency(77'240) == "77.2 µs");
    CHECK(format_latency(999'400) == "999 µs");
    CHECK(format_latency(999'600) == "1.00 ms");
    CHECK(format_latency(12'345'678) == "12.3 ms");
    CHECK(format_latency(2'100'000'000) == "2.10 s");
}

TEST_CASE("the report says all that it should") {
    bench_options options;
    options.rate = 1000;
    options.verify = true;
    log_histogram values;
    for (std::uint64_t us = 1; us <= 1000; ++us)
        values.add(us * 1000);
    bench_report report{.product = "RabbitMQ", .version = "3.10.8", .hosts = "mq:5672"};
    report.published = {10'000, std::chrono::seconds(2)};
    report.consumed = {9'999, std::chrono::seconds(2)};
    report.cpu = milliseconds(31);
    report.confirm = summarize(values);
    report.verified = verdict_counts{.lost = 1};
    const std::string text = render(report, options);
    CHECK(text.find("RabbitMQ 3.10.8 at mq:5672, quorum queue, client CPU 3.1 µs/message\n") == 0);
    CHECK(text.find("both: 256 bytes, 1 producer with window 1000, 1 consumer with prefetch 256, "
                    "1000/s each, persistent\n") != std::string::npos);
    CHECK(text.find("10 000    5.0k/s    1.3 MB/s") != std::string::npos);
    CHECK(text.find("publish to consume") == std::string::npos);
    CHECK(text.find("verified: 1 lost, 0 duplicated, 0 reordered\n") != std::string::npos);
    const auto json = nlohmann::json::parse(render_json(report, options));
    CHECK(json["broker"]["version"] == "3.10.8");
    CHECK(json["published"]["per_s"] == 5000.0);
    CHECK(json["latency_us"]["publish_confirm"]["max"] == 1000.0);
    CHECK(json["latency_us"]["publish_confirm"]["p50"].get<double>() ==
          doctest::Approx(500).epsilon(0.016));
    CHECK(json["latency_us"]["publish_consume"].is_null());
    CHECK(json["verify"]["lost"] == 1);
    CHECK(json["client_cpu_us_per_message"].get<double>() == doctest::Approx(3.1));
    CHECK(json["due_not_sent"] == 0);
    CHECK_FALSE(json.contains("left"));
    report.overdue = 2;
    report.left = 1;
    CHECK(render(report, options)
              .find("\ndue but not sent: 2 messages\n"
                    "left when the time was over: 1 task\n") != std::string::npos);
    report.verified.reset();
    CHECK(render(report, options).find("not verified") != std::string::npos);
}
