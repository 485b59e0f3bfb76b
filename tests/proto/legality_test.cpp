#include <taskwire/proto/encoded_method.hpp>
#include <taskwire/proto/legality.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

using taskwire::proto::channel_state;
using taskwire::proto::connection_state;
using taskwire::proto::legality;
namespace spec = taskwire::spec;

namespace {

using names = std::set<std::string_view>;

/// What a server may send, written down from the specification and RabbitMQ's extensions.
const names server_methods_of_channels{
    "channel.open-ok",    "channel.flow",        "channel.flow-ok",    "channel.close",
    "channel.close-ok",   "exchange.declare-ok", "exchange.delete-ok", "exchange.bind-ok",
    "exchange.unbind-ok", "queue.declare-ok",    "queue.bind-ok",      "queue.purge-ok",
    "queue.delete-ok",    "queue.unbind-ok",     "basic.qos-ok",       "basic.consume-ok",
    "basic.cancel",       "basic.cancel-ok",     "basic.return",       "basic.deliver",
    "basic.get-ok",       "basic.get-empty",     "basic.ack",          "basic.nack",
    "basic.recover-ok",   "confirm.select-ok",   "tx.select-ok",       "tx.commit-ok",
    "tx.rollback-ok"};

const std::map<connection_state, names> legal_on_channel_0{
    {connection_state::start, {"connection.start", "connection.close"}},
    {connection_state::tune, {"connection.secure", "connection.tune", "connection.close"}},
    {connection_state::open_ok, {"connection.open-ok", "connection.close"}},
    {connection_state::open,
     {"connection.close", "connection.blocked", "connection.unblocked",
      "connection.update-secret-ok"}},
    {connection_state::closing, {"connection.close", "connection.close-ok"}},
    {connection_state::closed, {}}};

legality expected(connection_state state, std::string_view method) {
    if (legal_on_channel_0.at(state).contains(method))
        return legality::legal;
    if (state == connection_state::closing || state == connection_state::closed)
        return legality::discard;
    return method.starts_with("connection.") ? legality::command_invalid : legality::channel_error;
}

legality expected(channel_state state, std::string_view method) {
    if (state == channel_state::free)
        return legality::channel_error;
    if (state == channel_state::dying)
        return legality::discard;
    if (!server_methods_of_channels.contains(method))
        return legality::command_invalid;
    names legal;
    switch (state) {
    case channel_state::opening:
        legal = {"channel.open-ok", "channel.close"};
        break;
    case channel_state::closing:
        legal = {"channel.close-ok", "channel.close"};
        break;
    default:
        legal = server_methods_of_channels;
        legal.erase("channel.open-ok");
        legal.erase("channel.close-ok");
    }
    if (legal.contains(method))
        return legality::legal;
    return state == channel_state::closing ? legality::discard : legality::command_invalid;
}

const std::set<std::pair<std::string_view, std::string_view>> request_and_reply{
    {"connection.start", "connection.start-ok"},
    {"connection.secure", "connection.secure-ok"},
    {"connection.tune", "connection.tune-ok"},
    {"connection.open", "connection.open-ok"},
    {"connection.close", "connection.close-ok"},
    {"connection.update-secret", "connection.update-secret-ok"},
    {"channel.open", "channel.open-ok"},
    {"channel.flow", "channel.flow-ok"},
    {"channel.close", "channel.close-ok"},
    {"exchange.declare", "exchange.declare-ok"},
    {"exchange.delete", "exchange.delete-ok"},
    {"exchange.bind", "exchange.bind-ok"},
    {"exchange.unbind", "exchange.unbind-ok"},
    {"queue.declare", "queue.declare-ok"},
    {"queue.bind", "queue.bind-ok"},
    {"queue.purge", "queue.purge-ok"},
    {"queue.delete", "queue.delete-ok"},
    {"queue.unbind", "queue.unbind-ok"},
    {"basic.qos", "basic.qos-ok"},
    {"basic.consume", "basic.consume-ok"},
    {"basic.cancel", "basic.cancel-ok"},
    {"basic.get", "basic.get-ok"},
    {"basic.get", "basic.get-empty"},
    {"basic.recover", "basic.recover-ok"},
    {"confirm.select", "confirm.select-ok"},
    {"tx.select", "tx.select-ok"},
    {"tx.commit", "tx.commit-ok"},
    {"tx.rollback", "tx.rollback-ok"}};

} // namespace

TEST_CASE("which method is legal on channel 0 in which state") {
    for (const auto& [state, legal] : legal_on_channel_0)
        for (const auto& method : spec::methods) {
            CAPTURE(static_cast<int>(state));
            CAPTURE(method.name);
            CHECK(connection_legality(state, method) == expected(state, method.name));
        }
}

TEST_CASE("which method is legal on a numbered channel in which state") {
    for (const auto state : {channel_state::free, channel_state::opening, channel_state::open,
                             channel_state::closing, channel_state::dying})
        for (const auto& method : spec::methods) {
            CAPTURE(static_cast<int>(state));
            CAPTURE(method.name);
            CHECK(channel_legality(state, method) == expected(state, method.name));
        }
}

TEST_CASE("which method answers which") {
    for (const auto& request : spec::methods)
        for (const auto& reply : spec::methods) {
            CAPTURE(request.name);
            CAPTURE(reply.name);
            CHECK(taskwire::proto::answers(request.id, reply.id) ==
                  request_and_reply.contains({request.name, reply.name}));
        }
    for (const auto& method : spec::methods) {
        CAPTURE(method.name);
        const bool replies =
            std::any_of(request_and_reply.begin(), request_and_reply.end(),
                        [&](const auto& pair) { return pair.second == method.name; });
        CHECK(taskwire::proto::is_reply(method.id) == replies);
    }
}

TEST_CASE("the lists above name only methods that exist") {
    names known;
    for (const auto& method : spec::methods)
        known.insert(method.name);
    CHECK(known.size() == 64);
    const auto check = [&](std::string_view name) {
        CAPTURE(name);
        CHECK(known.contains(name));
    };
    for (const auto name : server_methods_of_channels)
        check(name);
    for (const auto& [request, reply] : request_and_reply) {
        check(request);
        check(reply);
    }
    for (const auto& [state, legal] : legal_on_channel_0)
        for (const auto name : legal)
            check(name);
}

TEST_CASE("what users may request and send") {
    using namespace taskwire::proto;
    static_assert(requestable<spec::queue::declare>);
    static_assert(requestable<spec::basic::get>);
    static_assert(requestable<spec::connection::update_secret>);
    static_assert(!requestable<spec::basic::ack>);
    static_assert(!requestable<spec::basic::publish>);
    static_assert(!requestable<spec::channel::open>);
    static_assert(!requestable<spec::channel::close>);
    static_assert(!requestable<spec::connection::open>);
    static_assert(!requestable<spec::connection::close>);
    static_assert(!requestable<spec::queue::declare_ok>);
    static_assert(sendable<spec::basic::ack>);
    static_assert(sendable<spec::basic::nack>);
    static_assert(sendable<spec::basic::reject>);
    static_assert(!sendable<spec::basic::publish>);
    static_assert(!sendable<spec::basic::cancel_ok>);
    static_assert(!sendable<spec::channel::flow_ok>);
    static_assert(!sendable<spec::connection::start_ok>);
    static_assert(!sendable<spec::queue::declare>);
}
