#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

#include <support/print.hpp>

#include "capture.hpp"

using namespace taskwire;
using namespace taskwire::test;

namespace {

/// A frame that a session was recorded for: who sent it, and what its text must hold.
struct sought {
    bool from_client;
    std::vector<std::string> parts;
};

constexpr bool client = true;
constexpr bool broker = false;

struct entry {
    std::string name;
    std::vector<sought> frames;
};

const std::vector<entry> inventory{
    {"blocked",
     {{broker, {"connection.blocked reason=low on memory"}}, {broker, {"connection.unblocked"}}}},
    {"body-empty", {{client, {"header size=0 type=nothing"}}, {broker, {"header size=0"}}}},
    {"body-multi-frame",
     {{client, {"header size=10000"}},
      {client, {"body of 4088"}},
      {broker, {"header size=10000"}},
      {broker, {"body of 4088"}}}},
    {"cancel-by-broker", {{broker, {"basic.cancel consumer_tag=doomed-tag"}}}},
    {"channel-closed-by-broker",
     {{broker, {"channel.close reply_code=404", "class_id=50"}},
      {broker, {"channel.close reply_code=404", "class_id=60"}},
      {client, {"channel.close-ok"}}}},
    {"channel-closed-by-client",
     {{client, {"1 channel.close"}},
      {broker, {"1 channel.close-ok"}},
      {client, {"2 channel.close"}}}},
    {"confirm-nacked", {{broker, {"basic.nack delivery_tag="}}}},
    {"confirms", {{broker, {"basic.ack delivery_tag=1"}}, {broker, {"basic.ack", " multiple"}}}},
    {"connection-closed-by-broker", {{broker, {"connection.close reply_code=320"}}}},
    {"connection-error", {{broker, {"connection.close reply_code=503", "class_id=40"}}}},
    {"consume",
     {{client, {"basic.qos prefetch_count=2"}},
      {client, {"basic.consume"}},
      {broker, {"basic.deliver", " redelivered"}},
      {client, {"basic.ack delivery_tag=1"}},
      {client, {"basic.ack", " multiple"}},
      {client, {"basic.nack", " requeue"}},
      {client, {"basic.reject"}},
      {client, {"basic.cancel"}},
      {broker, {"basic.cancel-ok"}}}},
    {"dead-letter", {{broker, {"x-death=A:[F:{count=l:1 "}}}},
    {"exchanges",
     {{client, {"exchange.declare", "type=fanout", "alternate-exchange=S:"}},
      {client, {"exchange.declare", " internal"}},
      {client, {"exchange.bind "}},
      {broker, {"exchange.bind-ok"}},
      {client, {"exchange.unbind "}},
      {broker, {"exchange.unbind-ok"}},
      {client, {"exchange.delete "}},
      {broker, {"exchange.delete-ok"}}}},
    {"flags",
     {{client, {"queue.declare queue=durable durable"}},
      {client, {"queue.declare queue=durable passive"}},
      {client, {"queue.declare queue=exclusive exclusive"}},
      {client, {"queue.declare queue=auto_delete auto_delete"}},
      {client, {"exchange.declare exchange=durable type=direct durable"}},
      {client, {"exchange.declare exchange=durable type=direct passive"}},
      {client, {"exchange.declare exchange=auto_delete type=direct auto_delete"}},
      {client, {"basic.consume queue=durable consumer_tag=no_local no_local"}},
      {client, {"basic.consume queue=durable consumer_tag=no_ack no_ack"}},
      {client, {"basic.consume queue=durable consumer_tag=exclusive exclusive"}},
      {client, {"basic.qos prefetch_count=2 global"}},
      {client, {"exchange.delete exchange=durable if_unused"}},
      {client, {"queue.delete queue=durable if_unused"}},
      {client, {"queue.delete queue=auto_delete if_empty"}}}},
    {"flow", {{client, {"channel.flow active"}}, {broker, {"channel.flow-ok active"}}}},
    {"get", {{broker, {"basic.get-ok"}}, {broker, {"basic.get-empty"}}}},
    {"handshake-amqplain", {{client, {"start-ok", "mechanism=AMQPLAIN"}}, {broker, {"open-ok"}}}},
    {"handshake-plain",
     {{broker, {"connection.start ", "mechanisms=AMQPLAIN PLAIN"}},
      {client, {"start-ok", "mechanism=PLAIN"}},
      {broker, {"connection.tune "}},
      {client, {"connection.tune-ok "}},
      {client, {"connection.open "}},
      {broker, {"connection.open-ok"}},
      {client, {"connection.close "}},
      {broker, {"connection.close-ok"}}}},
    {"heartbeats", {{client, {"0 heartbeat"}}, {broker, {"0 heartbeat"}}}},
    {"large-headers", {{broker, {"header size=5 headers={", "trace-59=S:hop"}}}},
    {"login-failed", {{broker, {"connection.close reply_code=403"}}}},
    {"publish-properties",
     {{client,
       {"content_type=", "content_encoding=", "headers={", "delivery_mode=2", "priority=9",
        "correlation_id=", "reply_to=", "expiration=60000", "message_id=", "timestamp=1700000000",
        "type=", "user_id=guest", "app_id="}},
      {client, {"header size=6 user_id=guest"}},
      {client, {"header size=6 app_id=recorder"}}}},
    {"queues",
     {{client, {"queue.declare", "x-overflow=S:reject-publish"}},
      {client, {"queue.bind", "weight=l:5"}},
      {broker, {"queue.bind-ok"}},
      {client, {"queue.purge"}},
      {broker, {"queue.purge-ok message_count=2"}},
      {client, {"queue.unbind "}},
      {broker, {"queue.unbind-ok"}},
      {client, {"queue.delete "}},
      {broker, {"queue.delete-ok"}},
      {broker, {"queue.declare-ok queue=amq.gen-"}}}},
    {"recover", {{client, {"basic.recover requeue"}}, {broker, {"basic.recover-ok"}}}},
    {"recover-async", {{client, {"basic.recover-async requeue"}}}},
    {"return",
     {{client, {"basic.publish", " mandatory"}},
      {broker, {"basic.return reply_code=312"}},
      {broker, {"basic.ack"}}}},
    {"table-every-type",
     {{client,
       {"=b:", "=B:", "=s:", "=u:", "=I:", "=i:", "=l:", "=t:", "=f:", "=d:", "=D:", "=S:", "=x:",
        "=T:", "=V", "=F:", "=A:"}},
      {broker, {"=L:1234567890123456789"}}}},
    {"tools-consume", {{broker, {"basic.deliver"}}, {client, {"basic.ack"}}}},
    {"tools-publish", {{client, {"header size=6", "headers={colour=S:blue}"}}}},
    {"transactions",
     {{client, {"tx.select"}},
      {broker, {"tx.select-ok"}},
      {client, {"tx.commit"}},
      {broker, {"tx.commit-ok"}},
      {client, {"tx.rollback"}},
      {broker, {"tx.rollback-ok"}}}},
    {"update-secret",
     {{client, {"connection.update-secret "}}, {broker, {"connection.update-secret-ok"}}}},
    {"vhost-refused", {{broker, {"connection.close reply_code=530", "class_id=10"}}}},
};

bool holds(const captured_frame& each, const sought& wanted) {
    if (each.from_client != wanted.from_client || each.is_protocol_header())
        return false;
    const auto text = text_of(each.parsed());
    return std::all_of(wanted.parts.begin(), wanted.parts.end(), [&](const std::string& part) {
        return text.find(part) != std::string::npos;
    });
}

} // namespace

TEST_CASE("every session is there, with the frames that it was recorded for") {
    for (const auto& [name, frames] : inventory) {
        const auto& session = capture_of(name);
        for (const auto& wanted : frames) {
            INFO(name << ": " << wanted.parts.front());
            CHECK(std::any_of(session.frames.begin(), session.frames.end(),
                              [&](const captured_frame& each) { return holds(each, wanted); }));
        }
    }
}

TEST_CASE("every capture is in the list") {
    std::set<std::string> listed;
    for (const auto& each : inventory)
        CHECK(listed.insert(each.name).second);
    for (const auto& each : captures())
        CHECK_MESSAGE(listed.contains(each.name), each.name);
    CHECK(captures().size() == listed.size());
}

TEST_CASE("every capture names the client, the broker and the judge with their versions") {
    std::set<std::string> clients;
    for (const auto& each : captures()) {
        INFO(each.name);
        CHECK(each.client.find_first_of("0123456789") != std::string::npos);
        CHECK(each.broker.starts_with("RabbitMQ (rabbitmq-server "));
        CHECK(each.judge.starts_with("TShark "));
        clients.insert(each.client.substr(0, each.client.find(' ')));
    }
    CHECK(clients == std::set<std::string>{"amqp-tools", "amqp091-go", "bunny", "librabbitmq",
                                           "pika", "py-amqp"});
}

TEST_CASE("the captured headers exceed the frame size that was agreed on") {
    for (const auto& each : capture_of("large-headers").frames)
        if (!each.is_protocol_header() && each.parsed().type == frame_type::header)
            CHECK(each.bytes.size() > 4096);
}
