#include <worker/metadata.hpp>

#include <doctest/doctest.h>

#include <chrono>

using taskwire::tools::metadata_json;
using taskwire::tools::task_info;

TEST_CASE("the least that is known of a task") {
    task_info task;
    task.id = "42";
    task.queue = "mails";
    task.routing_key = "mails";
    task.body_size = 3;
    CHECK(metadata_json(task) ==
          R"({"id":"42","attempt":1,"max_attempts":null,"last_attempt":false,"redelivered":false,)"
          R"("queue":"mails","exchange":"","routing_key":"mails","body_size":3,"slot":1,)"
          R"("timeout_ms":null,"properties":{},"headers":{}})"
          "\n");
}

TEST_CASE("everything that is known of a task") {
    task_info task;
    task.id = "a\"b";
    task.attempt = 5;
    task.max_attempts = 5;
    task.redelivered = true;
    task.queue = "q";
    task.exchange = "ex";
    task.routing_key = "k";
    task.slot = 8;
    task.timeout = std::chrono::milliseconds(1500);
    task.type = "mail";
    task.content_type = "text/plain";
    task.content_encoding = "gzip";
    task.correlation_id = "c";
    task.reply_to = "r";
    task.expiration = "60000";
    task.user_id = "u";
    task.app_id = "app";
    task.priority = 9;
    task.delivery_mode = 2;
    task.timestamp_s = 1'700'000'000;
    task.headers = {{"z", "text"}, {"a", 1}, {"z", "second"}, {"list", {1, true, nullptr}}};
    CHECK(metadata_json(task) ==
          R"({"id":"a\"b","attempt":5,"max_attempts":5,"last_attempt":true,"redelivered":true,)"
          R"("queue":"q","exchange":"ex","routing_key":"k","body_size":0,"slot":8,)"
          R"("timeout_ms":1500,"properties":{"content_type":"text/plain",)"
          R"("content_encoding":"gzip","delivery_mode":2,"priority":9,"correlation_id":"c",)"
          R"("reply_to":"r","expiration":"60000","timestamp":1700000000,"type":"mail",)"
          R"("user_id":"u","app_id":"app"},)"
          R"("headers":{"z":"text","a":1,"list":[1,true,null]}})"
          "\n");
}

TEST_CASE("what is not UTF-8 does not spoil the JSON") {
    task_info task;
    task.id = "a\xff";
    task.headers = {{"h\xfe", "v\xfd"}};
    const std::string found = metadata_json(task);
    CHECK(found.starts_with("{\"id\":\"a\xef\xbf\xbd\",\"attempt\""));
    CHECK(found.ends_with("\"headers\":{\"h\xef\xbf\xbd\":\"v\xef\xbf\xbd\"}}\n"));
}
