#include <worker/environment.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace std::string_literals;
using taskwire::tools::child_environment;
using taskwire::tools::task_environment;
using taskwire::tools::task_info;

namespace {

using list = std::vector<std::string>;

} // namespace

TEST_CASE("the least that is known of a task") {
    task_info task;
    task.id = "42";
    task.queue = "mails";
    task.body_size = 3;
    CHECK(task_environment(task) == list{"TASK_ID=42", "TASK_ATTEMPT=1", "TASK_LAST_ATTEMPT=0",
                                         "TASK_REDELIVERED=0", "TASK_QUEUE=mails", "TASK_EXCHANGE=",
                                         "TASK_ROUTING_KEY=", "TASK_BODY_SIZE=3", "TASK_SLOT=1"});
}

TEST_CASE("everything that is known of a task") {
    task_info task;
    task.id = "42";
    task.attempt = 3;
    task.max_attempts = 3;
    task.redelivered = true;
    task.queue = "q";
    task.exchange = "ex";
    task.routing_key = "k=v";
    task.type = "mail";
    task.content_type = "text/plain";
    task.correlation_id = "c";
    task.reply_to = "";
    task.priority = 9;
    task.timestamp_s = 1'700'000'000;
    task.body_size = 5'000'000'000;
    task.slot = 8;
    task.timeout = std::chrono::minutes(10);
    CHECK(task_environment(task) ==
          list{"TASK_ID=42", "TASK_ATTEMPT=3", "TASK_MAX_ATTEMPTS=3", "TASK_LAST_ATTEMPT=1",
               "TASK_REDELIVERED=1", "TASK_QUEUE=q", "TASK_EXCHANGE=ex", "TASK_ROUTING_KEY=k=v",
               "TASK_TYPE=mail", "TASK_CONTENT_TYPE=text/plain", "TASK_CORRELATION_ID=c",
               "TASK_REPLY_TO=", "TASK_PRIORITY=9", "TASK_TIMESTAMP=1700000000",
               "TASK_BODY_SIZE=5000000000", "TASK_SLOT=8", "TASK_TIMEOUT=600"});
    task.timeout = std::chrono::milliseconds(1250);
    CHECK(task_environment(task).back() == "TASK_TIMEOUT=1.25");
}

TEST_CASE("headers") {
    task_info task;
    const std::size_t others = task_environment(task).size();
    task.headers = {{"x-Tenant.id", "acme"}, {"count", -7},
                    {"ratio", 0.5},          {"flag", true},
                    {"nothing", nullptr},    {"list", {1, 2}},
                    {"object", {{"a", 1}}},  {"x_tenant_id", "other"},
                    {"nul", "a\0b"s},        {"lines", "a\nb"},
                    {"h\xc3\xa4", "umlaut"}, {"a=b", "c"},
                    {"", "nameless"},        {"large", std::string(32'769, 'x')}};
    list found = task_environment(task);
    found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(others));
    CHECK(found == list{"TASK_H_X_TENANT_ID=acme", "TASK_H_COUNT=-7", "TASK_H_RATIO=0.5",
                        "TASK_H_FLAG=true", "TASK_H_LINES=a\nb", "TASK_H_H__=umlaut",
                        "TASK_H_A_B=c"});
}

TEST_CASE("a value with NUL is left out") {
    task_info task;
    task.id = "a\0b"s;
    task.type = "\0"s;
    CHECK(task_environment(task).front() == "TASK_ATTEMPT=1");
    for (const std::string& variable : task_environment(task)) {
        CHECK_FALSE(variable.starts_with("TASK_TYPE"));
    }
}

TEST_CASE("the child does not inherit what is ours alone") {
    const char* const inherited[] = {"PATH=/bin",
                                     "AMQP_URL=amqp://u:p@h",
                                     "TASKWIRE_URL=amqp://u:p@h",
                                     "TASKWIRE_JOBS=4",
                                     "NOTIFY_SOCKET=/run/systemd/notify",
                                     "TASK_ID=outer",
                                     "TASK_H_TENANT=outer",
                                     "TASK_FORCE=141",
                                     "AMQP_URL_OLD=x",
                                     "HOME=/root",
                                     "strange",
                                     nullptr};
    CHECK(child_environment(inherited, {"TASK_SLOT=1", "HOME=/tmp"}) ==
          list{"PATH=/bin", "TASK_FORCE=141", "AMQP_URL_OLD=x", "strange", "TASK_SLOT=1",
               "HOME=/tmp"});
    const char* const nothing[] = {nullptr};
    CHECK(child_environment(nothing, {}).empty());
}
