#include <producer/options.hpp>

#include <doctest/doctest.h>

#include <tools/scoped_environment.hpp>

#include <sstream>

using namespace taskwire::tools;

namespace {

producer_options parse(const std::vector<std::string>& arguments) {
    producer_options result;
    CHECK_FALSE(parse_producer_options(arguments, result).has_value());
    return result;
}

std::string failure_of(const std::vector<std::string>& arguments) {
    producer_options ignored;
    try {
        parse_producer_options(arguments, ignored);
    } catch (const usage_error& fault) {
        CHECK(to_int(fault.code()) == 64);
        return fault.what();
    }
    return "no failure";
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("where tasks come from") {
    CHECK(parse({"q"}).input == input_kind::standard_input);
    CHECK(parse({"q"}).queue == "q");
    const auto bodies = parse({"q", "one", "", "[1,2]", "{}", "a=b"});
    CHECK(bodies.input == input_kind::bodies);
    CHECK(bodies.bodies == strings{"one", "", "[1,2]", "{}", "a=b"});
    CHECK(parse({"q", "--type", "t", "x", "--", "-y", "--"}).bodies == strings{"x", "-y", "--"});
    CHECK(parse({"q", "-q", "--", "-y"}).bodies == strings{"-y"});
    CHECK(parse({"q", "-f", "a", "--", "-y"}).files == strings{"a", "-y"});
    CHECK(parse({"q", "-d", "--"}).records.delimiter == "--");
    const auto files = parse({"q", "-f", "a", "b", "c"});
    CHECK(files.input == input_kind::files);
    CHECK(files.files == strings{"a", "b", "c"});
    CHECK(files.queue == "q");
    CHECK(parse({"-f", "a", "q"}).queue == "q");
}

TEST_CASE("an exchange takes the queue's place") {
    const auto options = parse({"-e", "ex", "-r", "k", "body"});
    CHECK(options.exchange == "ex");
    CHECK(options.routing_key == "k");
    CHECK(options.queue.empty());
    CHECK(options.bodies == strings{"body"});
    const auto standard = parse({"--exchange=", "--routing-key=q", "body"});
    CHECK(standard.exchange == "");
    CHECK(standard.bodies == strings{"body"});
    CHECK(failure_of({"-r", "k", "q"}) == "--routing-key needs --exchange");
    CHECK(failure_of({"-e", "ex", "--create"}) ==
          "--create makes a QUEUE; with --exchange there is none");
}

TEST_CASE("defaults are safe") {
    const auto options = parse({"q"});
    CHECK_FALSE(options.properties.transient);
    CHECK_FALSE(options.client.create);
    CHECK(options.records.cut == framing::lines);
    CHECK(options.records.size_max == 134217728U);
    CHECK(options.window_count == 1000);
    CHECK(options.window_bytes == 16777216);
    CHECK(options.confirm_timeout == std::chrono::seconds(30));
    CHECK_FALSE(options.errors_max.has_value());
    CHECK(options.id == id_choice::uuid);
    CHECK(options.print == print_choice::none);
}

TEST_CASE("every option reaches its place") {
    const auto options = parse({"q",
                                "-0",
                                "--keep-empty",
                                "--max-size",
                                "64K",
                                "-H",
                                "k=v=w",
                                "-H",
                                "empty=",
                                "--type",
                                "t",
                                "--content-type",
                                "c/t",
                                "--correlation-id",
                                "cc",
                                "--reply-to",
                                "r",
                                "--app-id",
                                "a",
                                "--priority",
                                "9",
                                "--ttl",
                                "5m",
                                "--id",
                                "sha256",
                                "--transient",
                                "-W",
                                "7,1K",
                                "--confirm-timeout",
                                "250ms",
                                "--max-errors",
                                "3",
                                "--rejects",
                                "f",
                                "--print",
                                "json"});
    CHECK(options.records.cut == framing::null);
    CHECK(options.records.keep_empty);
    CHECK(options.records.size_max == 65536);
    REQUIRE(options.properties.headers.size() == 2);
    CHECK(options.properties.headers[0].first == "k");
    CHECK(options.properties.headers[0].second == "v=w");
    CHECK(options.properties.headers[1].second.empty());
    CHECK(options.properties.type == "t");
    CHECK(options.properties.content_type == "c/t");
    CHECK(options.properties.correlation_id == "cc");
    CHECK(options.properties.reply_to == "r");
    CHECK(options.properties.app_id == "a");
    CHECK(int{options.properties.priority.value_or(0)} == 9);
    CHECK(options.properties.ttl == std::chrono::minutes(5));
    CHECK(options.id == id_choice::sha256);
    CHECK(options.properties.transient);
    CHECK(options.window_count == 7);
    CHECK(options.window_bytes == 1024);
    CHECK(options.confirm_timeout == std::chrono::milliseconds(250));
    CHECK(options.errors_max == 3U);
    CHECK(options.rejects == "f");
    CHECK(options.print == print_choice::json);
}

TEST_CASE("usage errors") {
    CHECK(failure_of({}) == "QUEUE is missing; see --help");
    CHECK(failure_of({""}) == "QUEUE must not be empty");
    CHECK(failure_of({std::string(256, 'q')}) == "QUEUE is longer than 255 bytes");
    CHECK(failure_of({"--create", std::string(250, 'q')}) ==
          "QUEUE.failed is longer than 255 bytes");
    CHECK(failure_of({"q", "--nope"}) ==
          "there is no option '--nope'; put -- before a BODY that begins with '-'");
    CHECK(failure_of({"q", "-5"}) ==
          "there is no option '-5'; put -- before a BODY that begins with '-'");
    CHECK(failure_of({"q", "-0", "-w"}) ==
          "only one of --lines, --null, --delimiter and --whole makes sense");
    CHECK(failure_of({"q", "-d", ""}) == "--delimiter must not be empty");
    CHECK(failure_of({"q", "-H", "novalue"}) ==
          "--header: 'novalue' is not of the form NAME=VALUE");
    CHECK(failure_of({"q", "--priority", "256"}) == "--priority: 0 to 255");
    CHECK(failure_of({"q", "--window", "0"}) ==
          "--window: '0' is not N or N,SIZE with N at least 1");
    CHECK(failure_of({"q", "--confirm-timeout", "0"}) == "--confirm-timeout: it must not be 0");
    CHECK(failure_of({"q", "--stop-on-error", "--max-errors", "2"}) ==
          "give either --stop-on-error or --max-errors");
    CHECK(failure_of({"q", "--id", "random"}) == "--id: 'random' is none of uuid, sha256, line");
    CHECK(failure_of({"q", "--type", std::string(256, 't')}) == "--type is longer than 255 bytes");
}

TEST_CASE("options from the environment; a flag hides its alternatives there") {
    const scoped_environment null("TASKWIRE_NULL", "1");
    const scoped_environment print("TASKWIRE_PRINT", "id");
    CHECK(parse({"q"}).records.cut == framing::null);
    CHECK(parse({"q"}).print == print_choice::id);
    CHECK(parse({"q", "--lines"}).records.cut == framing::lines);
    CHECK(parse({"q", "--whole"}).records.cut == framing::whole);
    CHECK(parse({"q", "--print", "json"}).print == print_choice::json);
}

TEST_CASE("the window") {
    std::size_t count = 0;
    std::size_t bytes = 5;
    CHECK(parse_window("12", count, bytes).empty());
    CHECK(count == 12);
    CHECK(bytes == 5);
    CHECK(parse_window("3,2M", count, bytes).empty());
    CHECK(bytes == 2097152);
    for (const char* bad : {"", "x", "1x", ",1M", "-1", "1,", "1,0", "99999999999999999999"})
        CHECK_FALSE(parse_window(bad, count, bytes).empty());
}

TEST_CASE("help fits a terminal, shows examples first and names what works only") {
    producer_options ignored;
    const auto help = parse_producer_options({"--help"}, ignored);
    REQUIRE(help.has_value());
    std::istringstream lines(*help);
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(line.size() <= 100);
        CHECK((line.empty() || line.back() != ' '));
    }
    CHECK(help->find("examples:") < help->find("--lines"));
    for (const char* later : {"--jsonl", "--journal", "--rate", "--max-backlog", "--log-format"})
        CHECK(help->find(later) == std::string::npos);
    CHECK(parse_producer_options({"--version"}, ignored) == "taskwire 0.1.0\n");
}
