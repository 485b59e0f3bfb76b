#include <worker/parked_copy.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace taskwire::tools {

namespace {

failure_note a_note() {
    return {.attempt = 3,
            .error = "exit status 2: boom",
            .exit_status = 2,
            .host = "mill",
            .failed_at_s = 1'700'000'000,
            .exchange = "jobs",
            .routing_key = "resize.png",
            .stderr_tail = "oh\nboom\n"};
}

std::vector<std::string> names_of(table_view fields) {
    std::vector<std::string> names;
    for (const auto& [name, value] : fields) {
        names.emplace_back(name);
    }
    return names;
}

table_view headers_of(const spec::basic::properties& properties) {
    return properties.headers.value_or(table_view{});
}

std::string text_of(table_view headers, std::string_view name) {
    const auto found = headers.find(name);
    return found ? std::string(found->as_string().value_or("not a string")) : "absent";
}

} // namespace

TEST_SUITE("parked_copy") {
    TEST_CASE("says why and where the task failed") {
        const parked_copy copy({}, a_note(), "id-1", "guest");
        const auto properties = copy.properties();
        const table_view headers = headers_of(properties);
        CHECK(names_of(headers) == std::vector<std::string>{"task-attempt", "task-error",
                                                            "task-exit", "task-host",
                                                            "task-first-failed-at", "task-exchange",
                                                            "task-routing-key", "task-stderr"});
        CHECK(headers.find("task-attempt")->as_integer() == 3);
        CHECK(text_of(headers, "task-error") == "exit status 2: boom");
        CHECK(headers.find("task-exit")->as_integer() == 2);
        CHECK(text_of(headers, "task-host") == "mill");
        CHECK(headers.find("task-first-failed-at")->as_timestamp() == timestamp{1'700'000'000});
        CHECK(text_of(headers, "task-exchange") == "jobs");
        CHECK(text_of(headers, "task-routing-key") == "resize.png");
        CHECK(text_of(headers, "task-stderr") == "oh\nboom\n");
        CHECK(properties.message_id == "id-1");
        CHECK(properties.delivery_mode == 2);
    }

    TEST_CASE("drops what would act again") {
        table headers;
        for (const char* name :
             {"x-death", "x-first-death-queue", "x-last-death-reason", "x-delivery-count",
              "x-acquired-count", "CC", "BCC", "taskwire-sequence"}) {
            headers.append(name, "old");
        }
        headers.append("x-mine", "kept").append("cc", "kept, as it is another header");
        spec::basic::properties original;
        original.headers = headers.view();
        original.expiration = "60000";
        const parked_copy copy(original, a_note(), "id", "guest");
        const auto properties = copy.properties();
        const auto names = names_of(headers_of(properties));
        CHECK(names.size() == 2 + 8);
        CHECK(names[0] == "x-mine");
        CHECK(names[1] == "cc");
        CHECK_FALSE(properties.expiration.has_value());
    }

    TEST_CASE("keeps everything else, in bytes of its own") {
        spec::basic::properties original;
        std::string message_id = "the task's own";
        std::string type = "resize";
        original.message_id = message_id;
        original.type = type;
        original.content_type = "image/png";
        original.content_encoding = "gzip";
        original.correlation_id = "c";
        original.reply_to = "r";
        original.app_id = "a";
        original.priority = 4;
        original.timestamp = 12;
        original.delivery_mode = 1;
        const parked_copy copy(original, a_note(), "not used", "guest");
        message_id.assign(message_id.size(), '-');
        type.assign(type.size(), '-');
        parked_copy moved = copy;
        const auto properties = moved.properties();
        CHECK(properties.message_id == "the task's own");
        CHECK(properties.type == "resize");
        CHECK(properties.content_type == "image/png");
        CHECK(properties.content_encoding == "gzip");
        CHECK(properties.correlation_id == "c");
        CHECK(properties.reply_to == "r");
        CHECK(properties.app_id == "a");
        CHECK(properties.priority == 4);
        CHECK(properties.timestamp == 12);
        CHECK(properties.delivery_mode == 2);
    }

    TEST_CASE("a user_id stays only if it is ours") {
        spec::basic::properties original;
        original.user_id = "app";
        CHECK(parked_copy(original, a_note(), "id", "app").properties().user_id == "app");
        CHECK_FALSE(parked_copy(original, a_note(), "id", "guest").properties().user_id);
    }

    TEST_CASE("a second failure replaces the first's words, not its origin") {
        const parked_copy first({}, a_note(), "id", "guest");
        const auto once = first.properties();
        failure_note note = a_note();
        note.attempt = 4;
        note.error = "signal 9 (Killed)";
        note.failed_at_s = 1'800'000'000;
        note.exchange = "";
        note.routing_key = "jobs";
        note.stderr_tail = "";
        const parked_copy second(once, note, "id", "guest");
        const auto twice = second.properties();
        const table_view headers = headers_of(twice);
        CHECK(names_of(headers).size() == 7);
        CHECK(headers.find("task-attempt")->as_integer() == 4);
        CHECK(text_of(headers, "task-error") == "signal 9 (Killed)");
        CHECK(headers.find("task-first-failed-at")->as_timestamp() == timestamp{1'700'000'000});
        CHECK(text_of(headers, "task-exchange") == "jobs");
        CHECK(text_of(headers, "task-routing-key") == "resize.png");
        CHECK(text_of(headers, "task-stderr") == "absent");
    }

    TEST_CASE("can do without its longest header") {
        parked_copy copy({}, a_note(), "id", "guest");
        copy.drop_stderr();
        const auto properties = copy.properties();
        CHECK(text_of(headers_of(properties), "task-stderr") == "absent");
        CHECK(text_of(headers_of(properties), "task-error") == "exit status 2: boom");
    }
}

} // namespace taskwire::tools
