#include <taskwire/proto/topology.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include <support/print.hpp>

using namespace taskwire;
using namespace taskwire::proto;
namespace x = spec::exchange;
namespace q = spec::queue;

namespace {

using lines = std::vector<std::string>;

constexpr channel_id here{1, 7};
const close_reason missing{reply_code::not_found, "no queue", true, q::bind::id};

/// A record and the ways to tell it something.
struct diary {
    topology record;

    template <class Method>
    void note(const Method& method, channel_id where = here) {
        record.note(where, encode_method(method), {});
    }
    /// A declaration with an empty name, which the server has answered.
    void note_named_by_server(const q::declare& method, std::string_view name) {
        const auto reply = encode_method(q::declare_ok{.queue = name});
        record.note(here, encode_method(method), reply.arguments);
    }

    /// What a replay sends when all succeeds; server-named queues are called new-1, new-2, …
    lines replay() {
        lines sent;
        int named = 0;
        record.begin_replay();
        while (const auto method = record.next_step()) {
            sent.push_back(test::text_of_method(method->id, method->arguments));
            q::declare declared;
            wire::reader in{method->arguments};
            if (method->id == q::declare::id && wire::decode(in, declared)) {
                const auto name = declared.queue.empty() ? "new-" + std::to_string(++named)
                                                         : std::string{declared.queue};
                record.step_succeeded(encode_method(q::declare_ok{.queue = name}).arguments);
            } else {
                record.step_succeeded({});
            }
        }
        return sent;
    }
};

} // namespace

TEST_CASE("what was declared and bound is replayed in order, with all its arguments") {
    diary d;
    const table limit{{"x-max-length", std::int32_t{5}}};
    d.note(x::declare{.exchange = "in", .type = "topic", .durable = true});
    d.note(q::declare{.queue = "jobs", .durable = true, .arguments = limit});
    d.note(q::bind{"jobs", "in", "a.*", {}});
    d.note(x::declare{.exchange = "out", .type = "fanout", .internal = true});
    d.note(x::bind{"out", "in", "#", limit});
    CHECK(d.record.size() == 5);
    const lines expected = {
        "exchange.declare exchange=in type=topic durable",
        "queue.declare queue=jobs durable arguments={x-max-length=I:5}",
        "queue.bind queue=jobs exchange=in routing_key=a.*",
        "exchange.declare exchange=out type=fanout internal",
        "exchange.bind destination=out source=in routing_key=# arguments={x-max-length=I:5}"};
    CHECK(d.replay() == expected);
    CHECK(d.record.replay().restored == 5);
    CHECK(d.replay() == expected); // as often as the connection is lost
}

TEST_CASE("nothing else is recorded") {
    diary d;
    d.note(q::declare{.queue = "seen", .passive = true}); // names that nothing below deletes
    d.note(x::declare{.exchange = "seen", .passive = true});
    d.note(q::purge{.queue = "jobs"});
    d.note(spec::basic::qos{.prefetch_count = 5});
    d.note(spec::basic::consume{.queue = "jobs"});
    d.note(spec::confirm::select{});
    d.note(q::unbind{"jobs", "in", "key", {}});
    d.note(x::unbind{"out", "in", "key", {}});
    d.note(q::delete_{.queue = "jobs"});
    d.note(x::delete_{.exchange = "in"});
    CHECK(d.record.size() == 0);
    CHECK(d.replay().empty());
}

TEST_CASE("which requests are worth noting") {
    lines noted;
    for (const auto& method : spec::methods)
        if (topology::is_noted(method.id))
            noted.emplace_back(method.name);
    CHECK(noted == lines{"exchange.declare", "exchange.delete", "exchange.bind", "exchange.unbind",
                         "queue.declare", "queue.bind", "queue.delete", "queue.unbind"});
}

TEST_CASE("the same declaration again takes the former one's place") {
    diary d;
    d.note(q::declare{.queue = "a", .durable = true});
    d.note(x::declare{.exchange = "in", .type = "direct"});
    d.note(q::bind{"a", "in", "key", {}});
    d.note(q::declare{.queue = "a", .durable = true, .auto_delete = true});
    d.note(x::declare{.exchange = "in", .type = "direct", .durable = true});
    d.note(q::bind{"a", "in", "key", {}});
    CHECK(d.replay() == lines{"queue.declare queue=a durable auto_delete",
                              "exchange.declare exchange=in type=direct durable",
                              "queue.bind queue=a exchange=in routing_key=key"});
}

TEST_CASE("bindings differ by kind, ends, key and arguments, not by the order of arguments") {
    diary d;
    const table one{{"x", true}, {"y", std::int32_t{1}}};
    const table other{{"y", std::int32_t{1}}, {"x", true}};
    d.note(q::bind{"a", "in", "key", {}});
    d.note(x::bind{"a", "in", "key", {}});
    d.note(q::bind{"a", "in", "", {}});
    d.note(q::bind{"b", "in", "key", {}});
    d.note(q::bind{"a", "other", "key", {}});
    d.note(q::bind{"a", "in", "key", one});
    d.note(q::bind{"a", "in", "key", other});
    CHECK(d.record.size() == 6);
    d.note(q::unbind{"a", "in", "key", other});
    CHECK(d.record.size() == 5);
    d.note(q::unbind{"a", "in", "key", {}});
    d.note(q::unbind{"a", "in", "key", {}});
    d.note(x::unbind{"b", "in", "key", {}});
    CHECK(d.replay() == lines{"exchange.bind destination=a source=in routing_key=key",
                              "queue.bind queue=a exchange=in",
                              "queue.bind queue=b exchange=in routing_key=key",
                              "queue.bind queue=a exchange=other routing_key=key"});
}

TEST_CASE("a deleted queue takes its bindings along, whoever declared it") {
    diary d;
    d.note(q::declare{.queue = "a"});
    d.note(q::bind{"a", "in", "1", {}});
    d.note(q::bind{"a", "in", "2", {}});
    d.note(q::bind{"foreign", "in", "1", {}});
    d.note(q::delete_{.queue = "a"});
    CHECK(d.replay() == lines{"queue.bind queue=foreign exchange=in routing_key=1"});
    d.note(q::delete_{.queue = "foreign"});
    CHECK(d.record.size() == 0);
}

TEST_CASE("a deleted exchange takes the bindings from it and to it along") {
    diary d;
    d.note(x::declare{.exchange = "in", .type = "direct"});
    d.note(x::declare{.exchange = "a", .type = "direct"});
    d.note(q::declare{.queue = "in"}); // of the same name
    d.note(x::bind{"in", "a", "", {}});
    d.note(x::bind{"a", "in", "", {}});
    d.note(x::bind{"in", "in", "", {}});
    d.note(q::bind{"in", "in", "", {}});
    d.note(q::bind{"in", "a", "", {}});
    d.note(x::delete_{.exchange = "in"});
    CHECK(d.replay() == lines{"exchange.declare exchange=a type=direct", "queue.declare queue=in",
                              "queue.bind queue=in exchange=a"});
}

TEST_CASE("an auto-delete queue goes with its last consumer") {
    diary d;
    d.note(q::declare{.queue = "a", .auto_delete = true});
    d.note(q::declare{.queue = "b"});
    d.note(q::bind{"a", "in", "", {}});
    for (const auto* queue : {"a", "a", "b", "c"})
        d.record.consumer_began(queue);
    d.record.consumer_ended("a");
    d.record.consumer_ended("b");
    d.record.consumer_ended("c");
    d.record.consumer_ended("c");
    CHECK(d.record.size() == 3);
    CHECK(d.replay().size() == 3); // a loss ends no consumer
    d.record.consumer_ended("a");
    CHECK(d.replay() == lines{"queue.declare queue=b"});
}

TEST_CASE("an auto-delete queue that nobody consumed yet stays") {
    diary d;
    d.note(q::declare{.queue = "a", .auto_delete = true});
    d.record.consumer_ended("a");
    CHECK(d.record.size() == 1);
}

TEST_CASE("a consumer of a deleted queue does not count for the next queue of that name") {
    diary d;
    d.note(q::declare{.queue = "a", .auto_delete = true});
    d.record.consumer_began("a");
    d.note(q::delete_{.queue = "a"});
    d.note(q::declare{.queue = "a", .auto_delete = true});
    d.record.consumer_began("a");
    d.record.consumer_ended("a"); // the first one hears of it
    CHECK(d.record.size() == 1);
    d.record.consumer_ended("a");
    CHECK(d.record.size() == 0);
}

TEST_CASE("an auto-delete exchange goes with the last binding from it, and so on") {
    diary d;
    for (const auto* name : {"a", "b", "c"})
        d.note(x::declare{.exchange = name, .type = "fanout", .auto_delete = true});
    d.note(x::declare{.exchange = "stays", .type = "fanout"});
    d.note(q::declare{.queue = "jobs"});
    d.note(x::bind{"b", "a", "", {}});
    d.note(x::bind{"c", "b", "", {}});
    d.note(q::bind{"jobs", "c", "", {}});
    d.note(q::bind{"jobs", "stays", "", {}});
    d.note(q::bind{"jobs", "c", "2", {}});
    d.note(q::unbind{"jobs", "c", "2", {}});
    CHECK(d.record.size() == 9);
    d.note(q::delete_{.queue = "jobs"});
    CHECK(d.replay() == lines{"exchange.declare exchange=stays type=fanout"});
}

TEST_CASE("a binding to an auto-delete exchange does not keep it") {
    diary d;
    d.note(x::declare{.exchange = "a", .type = "fanout", .auto_delete = true});
    d.note(x::bind{"a", "in", "", {}});
    d.note(x::unbind{"a", "in", "", {}});
    CHECK(d.record.size() == 1); // it never had one from it
}

TEST_CASE("a chain of auto-delete exchanges of any length falls without recursion") {
    diary d;
    constexpr int length = 100'000;
    for (int i = 0; i < length; ++i) {
        const auto name = std::to_string(i);
        const auto next = std::to_string(i + 1);
        d.note(x::declare{.exchange = name, .type = "fanout", .auto_delete = true});
        d.note(x::bind{next, name, "", {}});
    }
    d.note(x::delete_{.exchange = std::to_string(length)});
    CHECK(d.record.size() == 0);
}

TEST_CASE("a server-named queue gets a new name, its bindings and keys follow") {
    diary d;
    d.note_named_by_server(q::declare{.exclusive = true, .auto_delete = true}, "amq.gen-1");
    d.note(q::bind{"amq.gen-1", "in", "key", {}});
    d.note(q::bind{"amq.gen-1", "in", "amq.gen-1", {}});
    d.note(q::bind{"other", "in", "amq.gen-1", {}});
    d.record.consumer_began("amq.gen-1");
    CHECK(d.replay() == lines{"queue.declare exclusive auto_delete",
                              "queue.bind queue=new-1 exchange=in routing_key=key",
                              "queue.bind queue=new-1 exchange=in routing_key=new-1",
                              "queue.bind queue=other exchange=in routing_key=amq.gen-1"});
    const std::vector<topology::renaming> renamed{{"amq.gen-1", "new-1"}};
    CHECK(d.record.replay().renamings == renamed);

    d.note(q::unbind{"new-1", "in", "new-1", {}});
    d.note(q::bind{"new-1", "in", "key", {}});
    CHECK(d.record.size() == 3);
    d.record.consumer_ended("new-1");
    CHECK(d.record.size() == 1);
}

TEST_CASE("a server-named queue that is declared again by its name keeps its nature") {
    diary d;
    d.note_named_by_server({}, "amq.gen-1");
    d.note(q::declare{.queue = "amq.gen-1"});
    CHECK(d.replay() == lines{"queue.declare"});
    CHECK(d.record.last_declared_queue(here).empty()); // its channel went with the connection
}

TEST_CASE("an empty queue name means the one last declared on the channel") {
    diary d;
    constexpr channel_id there{2, 8};
    d.note(q::declare{.queue = "b"}, there);
    d.note_named_by_server({}, "amq.gen-1");
    d.note(q::bind{"", "in", "key", {}});
    d.note(q::bind{"", "in", "", {}}); // its name is the key, too
    d.note(q::bind{"", "in", "", {}}, there);
    CHECK(d.record.last_declared_queue(here) == "amq.gen-1");
    CHECK(d.record.last_declared_queue(there) == "b");
    d.record.forget_channel(there);
    CHECK(d.record.last_declared_queue(there).empty());
    CHECK(d.replay() == lines{"queue.declare queue=b", "queue.declare",
                              "queue.bind queue=new-1 exchange=in routing_key=key",
                              "queue.bind queue=new-1 exchange=in routing_key=new-1",
                              "queue.bind queue=b exchange=in routing_key=b"});

    d.note(q::declare{.queue = "new-1", .passive = true});
    d.note(q::unbind{"", "in", "", {}});
    CHECK(d.record.size() == 4);
    d.note(q::delete_{.queue = ""});
    CHECK(d.replay() ==
          lines{"queue.declare queue=b", "queue.bind queue=b exchange=in routing_key=b"});
}

TEST_CASE("a replay goes on behind what fails, reports it and keeps it") {
    diary d;
    d.note(x::declare{.exchange = "in", .type = "fanout"});
    d.note(q::bind{"a", "in", "", {}});
    d.note(q::bind{"b", "in", "", {}});
    d.record.begin_replay();
    REQUIRE(d.record.next_step());
    d.record.step_succeeded({});
    const auto second = d.record.next_step();
    REQUIRE(second);
    CHECK(d.record.next_step()->arguments == second->arguments); // until its result is known
    d.record.step_failed(missing);
    REQUIRE(d.record.next_step());
    d.record.step_succeeded({});
    CHECK_FALSE(d.record.next_step());
    const auto& report = d.record.replay();
    CHECK(report.restored == 2);
    REQUIRE(report.failures.size() == 1);
    CHECK(test::text_of_method(report.failures[0].method.id, report.failures[0].method.arguments) ==
          "queue.bind queue=a exchange=in");
    CHECK(report.failures[0].why.code == reply_code::not_found);
    CHECK(d.replay().size() == 3);
    CHECK(d.record.replay().failures.empty());
}

TEST_CASE("without a server-named queue its bindings are not tried, but reported and kept") {
    diary d;
    d.note_named_by_server({}, "amq.gen-1");
    d.note(q::bind{"amq.gen-1", "in", "1", {}});
    d.note(q::bind{"amq.gen-1", "in", "2", {}});
    d.note(q::bind{"jobs", "in", "3", {}});
    d.record.begin_replay();
    REQUIRE(d.record.next_step());
    d.record.step_failed(missing);
    const auto next = d.record.next_step();
    REQUIRE(next);
    CHECK(test::text_of_method(next->id, next->arguments) ==
          "queue.bind queue=jobs exchange=in routing_key=3");
    d.record.step_succeeded({});
    CHECK_FALSE(d.record.next_step());
    lines failed;
    for (const auto& each : d.record.replay().failures)
        failed.push_back(test::text_of_method(each.method.id, each.method.arguments));
    CHECK(failed == lines{"queue.declare", "queue.bind queue=amq.gen-1 exchange=in routing_key=1",
                          "queue.bind queue=amq.gen-1 exchange=in routing_key=2"});
    CHECK(d.replay().size() == 4); // the next connection may do better
}

TEST_CASE("a replay that is cut off begins anew") {
    diary d;
    d.note_named_by_server({}, "amq.gen-1");
    d.note(q::bind{"amq.gen-1", "in", "", {}});
    d.record.begin_replay();
    REQUIRE(d.record.next_step());
    const auto reply = encode_method(q::declare_ok{.queue = "amq.gen-2"});
    const auto renamed = d.record.step_succeeded(reply.arguments);
    REQUIRE(renamed);
    CHECK(renamed->new_name == "amq.gen-2");
    REQUIRE(d.record.next_step()); // lost before it is answered
    CHECK(d.replay() == lines{"queue.declare", "queue.bind queue=new-1 exchange=in"});
    const std::vector<topology::renaming> expected{{"amq.gen-2", "new-1"}};
    CHECK(d.record.replay().renamings == expected);
}

TEST_CASE("what changes during a replay is neither sent twice nor waited for") {
    diary d;
    for (const auto* name : {"a", "b", "c"})
        d.note(q::declare{.queue = name});
    d.record.begin_replay();
    REQUIRE(d.record.next_step());
    d.note(q::declare{.queue = "d"});
    d.note(q::delete_{.queue = "a"});
    d.record.step_failed(missing);
    CHECK(d.record.replay().failures.empty()); // nobody misses it
    REQUIRE(d.record.next_step());
    d.note(q::delete_{.queue = "b"});
    const auto next = d.record.next_step();
    REQUIRE(next);
    CHECK(test::text_of_method(next->id, next->arguments) == "queue.declare queue=c");
    d.record.step_succeeded(encode_method(q::declare_ok{.queue = "c"}).arguments);
    CHECK_FALSE(d.record.next_step());
    d.record.step_succeeded({});
    d.record.step_failed(missing);
    CHECK(d.record.replay().restored == 1);
}

TEST_CASE("a hundred thousand entries stay cheap") {
    diary d;
    constexpr int count = 100'000;
    const auto began = std::chrono::steady_clock::now();
    d.note(x::declare{.exchange = "in", .type = "direct"});
    for (int i = 0; i < count; ++i) {
        const auto name = std::to_string(i);
        d.note(q::bind{name, "in", name, {}});
        d.note(q::bind{"all", "in", name, {}});
    }
    CHECK(d.record.size() == 2 * count + 1);
    CHECK(d.replay().size() == 2 * count + 1);
    for (int i = 0; i < count; ++i)
        d.note(q::delete_{.queue = std::to_string(i)});
    d.note(q::delete_{.queue = "all"});
    CHECK(d.record.size() == 1);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{60});
}
