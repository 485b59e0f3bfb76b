#include <producer/property_builder.hpp>
#include <producer/record_count.hpp>
#include <producer/results.hpp>
#include <producer/tracker.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <vector>

using namespace taskwire::tools;

TEST_CASE("outcomes come back in the order of the input") {
    std::string seen;
    task_tracker tracker([&seen](const tracked_task& task, task_fate fate) {
        seen += task.id + (fate == task_fate::confirmed ? "+" : "-");
    });
    const auto a = tracker.add({.id = "a", .number = 1, .line = 1, .size = 10});
    const auto b = tracker.add({.id = "b", .number = 2, .line = 2, .size = 20});
    const auto c = tracker.add({.id = "c", .number = 3, .line = 3, .size = 40});
    CHECK(tracker.outstanding() == 3);
    CHECK(tracker.outstanding_bytes() == 70);
    tracker.settle(c, task_fate::confirmed);
    tracker.settle(b, task_fate::returned);
    CHECK(seen.empty());
    CHECK(tracker.outstanding_bytes() == 10);
    CHECK(tracker.find_by_size(10) == a);
    CHECK_FALSE(tracker.find_by_size(20).has_value());
    tracker.settle(a, task_fate::confirmed);
    CHECK(seen == "a+b-c+");
    tracker.settle(a, task_fate::nacked); // once settled, it stays so
    CHECK(tracker.counts().confirmed == 2);
    CHECK(tracker.counts().confirmed_bytes == 50);
    CHECK(tracker.counts().returned == 1);
    CHECK(tracker.counts().nacked == 0);
    CHECK(tracker.find(a) == nullptr);
}

TEST_CASE("what nobody waits for any longer is unknown") {
    std::vector<task_fate> fates;
    task_tracker tracker([&fates](const tracked_task&, task_fate fate) { fates.push_back(fate); });
    tracker.add({.number = 1});
    const auto second = tracker.add({.number = 2});
    tracker.add({.number = 3});
    tracker.settle(second, task_fate::confirmed);
    tracker.abandon();
    CHECK(fates == std::vector{task_fate::unknown, task_fate::confirmed, task_fate::unknown});
    CHECK(tracker.counts().unknown == 2);
    CHECK(tracker.outstanding() == 0);
}

TEST_CASE("exit statuses") {
    run_end end;
    CHECK(exit_status(end) == 75); // the input was not read to its end
    end.input_finished = true;
    CHECK(exit_status(end) == 0);
    end.output_failed = true;
    CHECK(exit_status(end) == 1);
    end.output_failed = false;
    end.counts.returned = 1;
    CHECK(exit_status(end) == 1);
    end.counts.unknown = 1;
    CHECK(exit_status(end) == 75);
    end.too_many_errors = true;
    CHECK(exit_status(end) == 1);
    end.fault = exit_code::configuration;
    CHECK(exit_status(end) == 78);
    end.second_signal = 15;
    CHECK(exit_status(end) == 143);
}

TEST_CASE("lines of --print") {
    const tracked_task task{.id = "i-1", .number = 2, .line = 3, .size = 4};
    CHECK(print_line(print_choice::none, task).empty());
    CHECK(print_line(print_choice::id, task) == "i-1\n");
    CHECK(print_line(print_choice::json, task) ==
          "{\"task\":2,\"line\":3,\"id\":\"i-1\",\"size\":4}\n");
    const tracked_task odd{.id = "i", .file = "a\"\xff", .number = 1};
    CHECK(print_line(print_choice::json, odd) ==
          "{\"task\":1,\"file\":\"a\\\"\xef\xbf\xbd\",\"id\":\"i\",\"size\":0}\n");
}

TEST_CASE("rejects can be fed again") {
    const tracked_task task{.body = "x\r", .file = "f.txt"};
    record_options records;
    CHECK(frame_again(task, input_kind::standard_input, records) == "x\r\n");
    records.cut = framing::null;
    CHECK(frame_again(task, input_kind::standard_input, records) == std::string("x\r\0", 3));
    records.cut = framing::delimiter;
    records.delimiter = "--";
    CHECK(frame_again(task, input_kind::bodies, records) == "x\r--");
    records.cut = framing::whole;
    CHECK(frame_again(task, input_kind::standard_input, records) == "x\r");
    CHECK(frame_again(task, input_kind::files, records) == "f.txt\n");
}

TEST_CASE("properties of a task") {
    task_properties common;
    common.headers = {{"k", "v"}};
    common.ttl = std::chrono::milliseconds(1500);
    common.priority = 3;
    property_builder builder(common);
    const auto& plain = builder.make("id-1", 1'700'000'000, {});
    CHECK(plain.delivery_mode == 2);
    CHECK(plain.message_id == "id-1");
    CHECK(plain.timestamp == 1'700'000'000);
    CHECK(plain.expiration == "1500");
    CHECK(plain.priority == 3);
    CHECK_FALSE(plain.type.has_value());
    CHECK(plain.headers->find("k")->as_string() == "v");
    CHECK_FALSE(plain.headers->find("filename").has_value());
    const auto& of_file = builder.make("id-2", 1'700'000'000, "d/f.txt");
    CHECK(of_file.headers->find("k")->as_string() == "v");
    CHECK(of_file.headers->find("filename")->as_string() == "d/f.txt");

    task_properties fleeting;
    fleeting.transient = true;
    property_builder transient(fleeting);
    CHECK(transient.make("id", 0, {}).delivery_mode == 1);
    CHECK_FALSE(transient.make("id", 0, {}).headers.has_value());
}

TEST_CASE("records are counted without being read") {
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    std::fputs("a\n\nb\nc", file);
    std::rewind(file);
    CHECK(count_records(fileno(file), {}) == 3U);
    CHECK(count_records(fileno(file), {.keep_empty = true}) == 4U);
    CHECK(std::fgetc(file) == 'a');
    std::fclose(file);
}
