#include <worker/options.hpp>

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace taskwire::tools {

namespace {

worker_options parse(std::vector<std::string> arguments) {
    worker_options options;
    const auto text = parse_worker_options(std::move(arguments), options);
    CHECK_FALSE(text.has_value());
    return options;
}

std::string complaint(std::vector<std::string> arguments) {
    worker_options options;
    try {
        parse_worker_options(std::move(arguments), options);
    } catch (const usage_error& fault) {
        CHECK(fault.code() == exit_code::usage);
        return fault.what();
    }
    return "none";
}

using words = std::vector<std::string>;

} // namespace

TEST_SUITE("worker options") {
    TEST_CASE("a queue alone: bodies to stdout") {
        const auto options = parse({"mails"});
        CHECK(options.queue == "mails");
        CHECK(options.command.empty());
        CHECK(options.jobs == 1);
        CHECK(options.prefetch_count == 100);
        CHECK(options.failed_queue == "mails.failed");
        CHECK(options.kill_after == std::chrono::seconds{10});
        CHECK(options.timeout == std::chrono::seconds{0});
        CHECK(options.stop_codes.count() == 1);
        CHECK(options.stop_codes[99]);
        CHECK_FALSE(options.is_batch());
    }

    TEST_CASE("what an outage means") {
        const auto by_default = parse({"q", "cmd"});
        CHECK_FALSE(by_default.client.reconnect.has_value()); // for ever
        CHECK_FALSE(by_default.kills_on_lost);
        CHECK(by_default.when_cancelled == on_cancel::consume_again);
        const auto options = parse({"--reconnect", "5m", "--on-lost", "kill", "--on-cancel",
                                    "stop", "q", "cmd"});
        REQUIRE(options.client.reconnect.has_value());
        CHECK(options.client.reconnect->at_most == std::chrono::minutes{5});
        CHECK(options.kills_on_lost);
        CHECK(options.when_cancelled == on_cancel::end);
        CHECK(complaint({"--on-lost", "wait", "q"}).find("'wait' is neither kill nor keep") !=
              std::string::npos);
    }

    TEST_CASE("the command's options are its own") {
        CHECK(parse({"q", "cmd", "-j", "3", "--help"}).command ==
              words{"cmd", "-j", "3", "--help"});
        const auto options = parse({"-j", "2", "q", "--timeout", "5s", "cmd", "-j", "3"});
        CHECK(options.jobs == 2);
        CHECK(options.timeout == std::chrono::seconds{5});
        CHECK(options.command == words{"cmd", "-j", "3"});
    }

    TEST_CASE("two dashes end the options, once") {
        CHECK(parse({"q", "--", "cmd", "--", "-x"}).command == words{"cmd", "--", "-x"});
        CHECK(parse({"-j", "2", "q", "--", "--odd"}).command == words{"--odd"});
        CHECK(parse({"q", "cmd", "--", "x"}).command == words{"cmd", "--", "x"});
        CHECK(parse({"--", "q", "cmd"}).command == words{"cmd"});
        CHECK(parse({"q", "--"}).command.empty());
    }

    TEST_CASE("a line of shell") {
        const auto options = parse({"q", "--shell", "cat | wc"});
        CHECK(options.command == words{"/bin/sh", "-c", "cat | wc"});
        CHECK(options.is_shell_line);
        CHECK(complaint({"q", "--shell", "cat", "wc"}) ==
              "--shell is the command; 'wc' is one too many");
    }

    TEST_CASE("once is one task in one slot") {
        const auto options = parse({"--once", "-j", "4", "q", "cmd"});
        CHECK(options.task_count_max == 1);
        CHECK(options.jobs == 1);
        CHECK(options.prefetch_count == 1);
        CHECK(options.is_batch());
        CHECK(complaint({"--once", "--max-tasks", "2", "q"}) == "--once is --max-tasks 1");
    }

    TEST_CASE("batch runs") {
        CHECK(parse({"--exit-when-empty", "q"}).is_batch());
        CHECK(parse({"--exit-when-idle", "5s", "q"}).is_batch());
        CHECK(parse({"--max-tasks", "9", "q"}).is_batch());
        CHECK_FALSE(parse({"--max-time", "1h", "q"}).is_batch());
    }

    TEST_CASE("all processors") {
        CHECK(parse({"-j", "auto", "q", "cmd"}).jobs >= 1);
    }

    TEST_CASE("what is wrong is named") {
        CHECK(complaint({}) == "QUEUE is missing");
        CHECK(complaint({"--bogus", "q"}) == "there is no option --bogus");
        CHECK(complaint({"q", "-Z", "cmd"}) == "there is no option -Z");
        CHECK(complaint({"q", ""}) == "COMMAND is empty");
        CHECK(complaint({"-j", "many", "q"}) == "--jobs: 'many' is not a number from 1 to 1000");
        CHECK(complaint({"--max-tasks", "0", "q"}) == "--max-tasks: '0' is not a number from 1 on");
        CHECK(complaint({"--failed-queue", "q", "q", "cmd"}) ==
              "--failed-queue must not be QUEUE itself: failed tasks would run for ever");
    }

    TEST_CASE("the environment, below the command line") {
        ::setenv("TASKWIRE_JOBS", "7", 1);
        ::setenv("TASKWIRE_EXIT_WHEN_EMPTY", "true", 1);
        CHECK(parse({"q", "cmd"}).jobs == 7);
        CHECK(parse({"q", "cmd"}).exit_when_empty);
        CHECK(parse({"-j", "2", "q", "cmd"}).jobs == 2);
        ::unsetenv("TASKWIRE_JOBS");
        ::unsetenv("TASKWIRE_EXIT_WHEN_EMPTY");
    }

    TEST_CASE("help shows examples first, and fits") {
        worker_options options;
        const auto text = parse_worker_options({"--help"}, options);
        REQUIRE(text.has_value());
        CHECK(text->find("taskwire-worker mails ./send-mail") < text->find("Usage:"));
        CHECK(text->find("  -j, --jobs N") != std::string::npos);
        std::size_t column = 0;
        std::size_t column_max = 0;
        for (const char c : *text) {
            column = c == '\n' ? 0 : column + 1;
            column_max = std::max(column_max, column);
        }
        CHECK(column_max <= 100);
        CHECK(parse_worker_options({"--version"}, options)->starts_with("taskwire "));
    }
}

TEST_SUITE("exit statuses") {
    TEST_CASE("lists and ranges") {
        exit_statuses found;
        CHECK(parse_exit_statuses("1,3,70-72", found).empty());
        CHECK(found.count() == 5);
        for (const std::size_t each : {1U, 3U, 70U, 71U, 72U}) {
            CHECK(found[each]);
        }
        CHECK(parse_exit_statuses("0-255", found).empty());
        CHECK(found.all());
    }

    TEST_CASE("nonsense is refused and changes nothing") {
        exit_statuses found;
        found.set(5);
        for (const char* text : {"", "x", "256", "-1", "3-", "5-3", "1,,2", "1,", "1-2-3", " 1"}) {
            CAPTURE(text);
            CHECK_FALSE(parse_exit_statuses(text, found).empty());
        }
        CHECK(found.count() == 1);
        CHECK(parse_exit_statuses("one", found) ==
              "'one' is not a list of exit statuses such as 1,3,70-79");
    }
}

} // namespace taskwire::tools
