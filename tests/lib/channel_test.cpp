#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include "client.hpp"

using namespace taskwire;
using namespace taskwire::test;
namespace c = spec::connection;
namespace ch = spec::channel;
namespace q = spec::queue;
namespace b = spec::basic;

TEST_SUITE("channel") {
    TEST_CASE("a request completes with its reply, which outlives the call's arguments") {
        connected with;
        const auto channel = with.open_channel();
        std::string name = "jobs";
        auto declaring = channel.request(q::declare{.queue = name, .durable = true}, use_future);
        name = "gone";
        const auto asked = with.far.expect<q::declare>();
        CHECK(asked.channel == 1);
        CHECK(asked->queue == "jobs");
        CHECK(asked->durable);
        with.far.send(1, q::declare_ok{"jobs", 7, 2});
        const auto answer = take(std::move(declaring));
        CHECK(answer->queue == "jobs");
        CHECK(answer->message_count == 7);
        CHECK(answer->consumer_count == 2);
    }

    TEST_CASE("one request of a channel is on the wire at a time, other channels go on") {
        connected with;
        const auto first = with.open_channel();
        const auto second = with.open_channel();
        auto one = first.request(q::purge{.queue = "a"}, use_future);
        auto two = first.request(q::purge{.queue = "b"}, use_future);
        auto other = second.request(q::purge{.queue = "c"}, use_future);
        CHECK(with.far.expect<q::purge>()->queue == "a");
        CHECK(with.far.expect<q::purge>()->queue == "c");
        with.far.send(2, q::purge_ok{3});
        CHECK(take(std::move(other))->message_count == 3);
        CHECK(!is_ready(two));
        with.far.send(1, q::purge_ok{1});
        CHECK(with.far.expect<q::purge>()->queue == "b");
        with.far.send(1, q::purge_ok{2});
        CHECK(take(std::move(one))->message_count == 1);
        CHECK(take(std::move(two))->message_count == 2);
    }

    TEST_CASE("a refusal closes the channel: all that waits and follows learns why") {
        connected with;
        const auto channel = with.open_channel();
        auto one = channel.request(q::declare{.queue = "jobs"}, use_future);
        auto two = channel.request(q::purge{.queue = "jobs"}, use_future);
        with.far.expect<q::declare>();
        with.far.send(1, ch::close{406, "PRECONDITION_FAILED - inequivalent arg", 50, 10});
        with.far.expect<ch::close_ok>();
        for (auto* each : {&one})
            CHECK(failure_of(std::move(*each)).code() == reply_code::precondition_failed);
        const auto what = failure_of(std::move(two));
        CHECK(what.code() == reply_code::precondition_failed);
        CHECK(std::string{what.what()} == "PRECONDITION_FAILED - inequivalent arg");
        REQUIRE(what.reason() != nullptr);
        CHECK(what.reason()->method == q::declare::id);
        CHECK(failure_of(channel.request(q::purge{.queue = "jobs"}, use_future)).code() ==
              reply_code::precondition_failed);
        CHECK(failure_of(channel.publish({.routing_key = "jobs"}, {}, "x", use_future)).code() ==
              reply_code::precondition_failed);
        CHECK(take(channel.send(b::ack{1}, use_future)) == settle_result::stale);
        take(channel.close(use_future));
        // The number is free again, and nothing of all that reached the wire in between.
        const auto next = with.open_channel();
        CHECK(next.id().number == channel.id().number);
        CHECK(next.id().epoch != channel.id().epoch);
    }

    TEST_CASE("a request that is not answered in time takes its channel along") {
        auto options = options_for(0);
        options.protocol.request_timeout = 100ms;
        connected with{{}, options};
        const auto channel = with.open_channel();
        auto one = channel.request(q::purge{.queue = "a"}, use_future);
        auto two = channel.request(q::purge{.queue = "b"}, use_future);
        const auto what = failure_of(std::move(one));
        CHECK(what.code() == errc::request_timed_out);
        CHECK(failure_of(std::move(two)).code() == errc::request_timed_out);
        with.far.expect<q::purge>();
        with.far.expect<ch::close>();
    }

    TEST_CASE("channels are limited by what was negotiated") {
        connected with{{1, 8192, 0}};
        const auto channel = with.open_channel();
        CHECK(failure_of(with.near.open_channel(use_future)).code() == errc::channels_exhausted);
        auto closing = channel.close(use_future);
        with.far.expect<ch::close>();
        with.far.send(1, ch::close_ok{});
        take(std::move(closing));
        CHECK(with.open_channel().id().number == 1);
    }

    TEST_CASE("the end of the connection completes all that waits on its channels") {
        connected with;
        const auto channel = with.open_channel();
        auto one = channel.request(q::purge{.queue = "a"}, use_future);
        auto two = channel.request(q::purge{.queue = "b"}, use_future);
        auto opening = with.near.open_channel(use_future);
        auto closing = channel.close(use_future);
        with.far.expect<q::purge>();
        with.far.expect<ch::open>();
        std::error_code expected;
        SUBCASE("lost") {
            with.far.reset();
            expected = errc::channel_closed; // by our own close
        }
        SUBCASE("closed by the server") {
            with.far.send(0, c::close{541, "INTERNAL_ERROR", 0, 0});
            expected = errc::channel_closed;
        }
        CHECK(failure_of(std::move(one)).code() == expected);
        CHECK(failure_of(std::move(two)).code() == expected);
        CHECK(failure_of(std::move(opening)).reason() != nullptr);
        take(std::move(closing));
        CHECK(with.client.ended());
    }

    TEST_CASE("a channel closes after close-ok, or in its time") {
        connected with;
        const auto channel = with.open_channel();
        auto closing = channel.close(use_future);
        auto again = channel.close(use_future);
        CHECK(with.far.expect<ch::close>()->reply_code == 200);
        SUBCASE("answered") {
            CHECK(!is_ready(closing));
            with.far.send(1, ch::close_ok{});
        }
        SUBCASE("not answered") {}
        take(std::move(closing));
        take(std::move(again));
    }

    TEST_CASE("what cannot be sent is refused here, and nothing reaches the wire") {
        connected with{{10, 8192, 0}};
        const auto channel = with.open_channel();
        const std::string long_name(256, 'q');
        CHECK(failure_of(channel.request(q::declare{.queue = long_name}, use_future)).code() ==
              errc::string_too_long);
        CHECK(failure_of(channel.publish({.routing_key = long_name}, {}, "x", use_future)).code() ==
              errc::string_too_long);
        table large;
        large.append("x", std::string(9'000, 'x'));
        CHECK(failure_of(channel.publish({}, {.headers = large}, "x", use_future)).code() ==
              errc::header_exceeds_frame_max);
        CHECK(take(channel.send(b::ack{1}, use_future)) == settle_result::unknown);
        auto asking = channel.request(q::purge{.queue = "next on the wire"}, use_future);
        CHECK(with.far.expect<q::purge>()->queue == "next on the wire");
    }

    TEST_CASE(
        "a publish on the strand needs its arguments for the call only, and completes later") {
        connected with{{10, 8192, 0}};
        const auto channel = with.open_channel();
        std::vector<std::error_code> outcomes;
        std::promise<std::size_t> begun;
        std::promise<void> ended;
        asio::post(channel.get_executor(), [&] {
            const auto note = [&](std::error_code fault) {
                outcomes.push_back(fault);
                if (outcomes.size() == 4)
                    ended.set_value();
            };
            std::string name = "k";
            std::string body = "a view";
            channel.publish({.routing_key = name}, {.message_id = name}, std::string_view{body},
                            note);
            name = body = "gone";
            channel.publish({.routing_key = std::string(256, 'q')}, {}, "x", note);
            channel.publish({}, {}, std::string(10'000, 'm'), note);
            std::string large(300'000, 'v');
            channel.publish({}, {}, std::string_view{large}, note);
            large.assign(large.size(), '!');
            begun.set_value(outcomes.size());
        });
        CHECK(take(begun.get_future()) == 0);
        take(ended.get_future());
        CHECK(!outcomes[0]);
        CHECK(outcomes[1] == errc::string_too_long);
        CHECK(!outcomes[2]);
        CHECK(!outcomes[3]);
        const auto first = with.far.expect_message();
        CHECK(first.method->routing_key == "k");
        CHECK(first.properties().message_id == "k");
        CHECK(first.body == "a view");
        CHECK((with.far.expect_message().body == std::string(10'000, 'm')));
        CHECK((with.far.expect_message().body == std::string(300'000, 'v')));
    }

    TEST_CASE("on a closed channel a publish says why it closed, wherever it is called") {
        connected with;
        const auto channel = with.open_channel();
        auto declaring = channel.request(q::declare{.queue = "jobs"}, use_future);
        with.far.expect<q::declare>();
        with.far.send(1, ch::close{406, "PRECONDITION_FAILED - inequivalent arg", 50, 10});
        CHECK(failure_of(std::move(declaring)).code() == reply_code::precondition_failed);
        const std::string too_long(256, 'q');
        CHECK(failure_of(channel.publish({.routing_key = too_long}, {}, "x", use_future)).code() ==
              reply_code::precondition_failed);
        std::promise<std::error_code> here;
        asio::post(channel.get_executor(), [&] {
            channel.publish({.routing_key = too_long}, {}, "x",
                            [&](std::error_code fault) { here.set_value(fault); });
        });
        CHECK(take(here.get_future()) == reply_code::precondition_failed);
    }

    TEST_CASE("a body is cut at the negotiated frame size") {
        connected with{{10, 8192, 0}};
        const auto channel = with.open_channel();
        for (const std::size_t size : {0U, 1U, 8'184U, 8'185U, 100'000U}) {
            std::string body(size, '\0');
            for (std::size_t i = 0; i < size; ++i)
                body[i] = static_cast<char>(i * 31 % 251);
            take(channel.publish({.exchange = "e", .routing_key = "k"}, {.message_id = "m"}, body,
                                 use_future));
            const auto message = with.far.expect_message();
            CHECK(message.method->exchange == "e");
            CHECK(message.properties().message_id == "m");
            CHECK((message.body == body));
        }
    }

    TEST_CASE("get brings a message, or says that there is none") {
        connected with;
        const auto channel = with.open_channel();
        auto getting = channel.request(b::get{.queue = "q"}, use_future);
        with.far.expect<b::get>();
        with.far.send_message(1, b::get_ok{5, true, "e", "k", 9}, {.type = "t"}, "body");
        const auto one = take(std::move(getting));
        CHECK(!one.empty);
        CHECK(one.message_count == 9);
        CHECK(one.message.delivery_tag() == 5);
        CHECK(one.message.redelivered());
        CHECK(one.message.exchange() == "e");
        CHECK(one.message.routing_key() == "k");
        CHECK(one.message.body() == "body");
        CHECK(one.message.properties().type == "t");
        auto again = channel.request(b::get{.queue = "q"}, use_future);
        with.far.expect<b::get>();
        with.far.send(1, b::get_empty{});
        CHECK(take(std::move(again)).empty);
        CHECK(take(channel.send(b::ack{5}, use_future)) == settle_result::sent);
        CHECK(take(channel.send(b::ack{5}, use_future)) == settle_result::unknown);
        CHECK(with.far.expect<b::ack>()->delivery_tag == 5);
    }

    TEST_CASE("a channel without handles closes, in the background") {
        connected with;
        auto channel = with.open_channel();
        const auto copy = channel;
        channel = {};
        auto asking = copy.request(q::purge{.queue = "still open"}, use_future);
        with.far.expect<q::purge>();
        with.far.send(1, q::purge_ok{});
        take(std::move(asking));
        { const auto other = with.open_channel(); }
        CHECK(with.far.expect<ch::close>().channel == 2);
    }

    TEST_CASE("a method of a wrong class from the server ends the connection, with its reason") {
        connected with;
        const auto channel = with.open_channel();
        auto asking = channel.request(q::purge{.queue = "a"}, use_future);
        with.far.expect<q::purge>();
        with.far.send(1, q::declare_ok{"a", 0, 0});
        CHECK(failure_of(std::move(asking)).code() == errc::unexpected_method);
        CHECK(with.far.expect<c::close>()->reply_code == 503);
    }
}

TEST_SUITE("cancel") {
    /// Starts an operation that `signal` can cancel, and says what became of it.
    template <class Start>
    std::future<std::error_code> cancellable(asio::cancellation_signal & signal, Start start) {
        auto result = std::make_shared<std::promise<std::error_code>>();
        auto future = result->get_future();
        start(asio::bind_cancellation_slot(
            signal.slot(), [result](std::error_code what, auto&&...) { result->set_value(what); }));
        return future;
    }

    /// Cancels on the thread where slots may be touched.
    void cancel(connected & with, asio::cancellation_signal & signal) {
        asio::post(with.client.executor(), [&] { signal.emit(asio::cancellation_type::terminal); });
    }

    TEST_CASE("connecting: the socket is closed") {
        client_thread client;
        server listener;
        asio::cancellation_signal signal;
        auto opening = cancellable(signal, [&](auto token) {
            connection::connect(client.executor(), options_for(listener.port()), std::move(token));
        });
        auto far = listener.accept();
        far.expect_header();
        asio::post(client.executor(), [&] { signal.emit(asio::cancellation_type::terminal); });
        CHECK(take(std::move(opening)) == asio::error::operation_aborted);
        far.expect_eof();
        CHECK(client.ended());
    }

    TEST_CASE("opening a channel: it is closed again") {
        connected with;
        asio::cancellation_signal signal;
        auto opening =
            cancellable(signal, [&](auto token) { with.near.open_channel(std::move(token)); });
        with.far.expect<ch::open>();
        cancel(with, signal);
        CHECK(take(std::move(opening)) == asio::error::operation_aborted);
        with.far.send(1, ch::open_ok{});
        with.far.expect<ch::close>();
        with.far.send(1, ch::close_ok{});
        CHECK(with.open_channel());
    }

    TEST_CASE("a request: its late reply answers nothing else") {
        connected with;
        const auto channel = with.open_channel();
        asio::cancellation_signal signal;
        auto asking = cancellable(
            signal, [&](auto token) { channel.request(q::purge{.queue = "a"}, std::move(token)); });
        with.far.expect<q::purge>();
        auto next = channel.request(q::purge{.queue = "b"}, use_future);
        cancel(with, signal);
        CHECK(take(std::move(asking)) == asio::error::operation_aborted);
        with.far.send(1, q::purge_ok{1});
        CHECK(with.far.expect<q::purge>()->queue == "b");
        with.far.send(1, q::purge_ok{2});
        CHECK(take(std::move(next))->message_count == 2);
    }

    TEST_CASE("a get: its late message goes back to the queue") {
        connected with;
        const auto channel = with.open_channel();
        asio::cancellation_signal signal;
        auto getting = cancellable(
            signal, [&](auto token) { channel.request(b::get{.queue = "q"}, std::move(token)); });
        with.far.expect<b::get>();
        cancel(with, signal);
        CHECK(take(std::move(getting)) == asio::error::operation_aborted);
        with.far.send_message(1, b::get_ok{5, false, "", "q", 0}, {}, "body");
        const auto back = with.far.expect<b::nack>();
        CHECK(back->delivery_tag == 5);
        CHECK(back->requeue);
        CHECK(!back->multiple);
    }

    TEST_CASE("closing: it goes on, unheard") {
        connected with;
        const auto channel = with.open_channel();
        asio::cancellation_signal signal;
        SUBCASE("a channel") {
            auto closing =
                cancellable(signal, [&](auto token) { channel.close(std::move(token)); });
            with.far.expect<ch::close>();
            cancel(with, signal);
            CHECK(take(std::move(closing)) == asio::error::operation_aborted);
            auto hearing = channel.close(use_future);
            with.far.send(1, ch::close_ok{});
            take(std::move(hearing));
            CHECK(with.open_channel().id().number == 1);
        }
        SUBCASE("a connection") {
            auto closing =
                cancellable(signal, [&](auto token) { with.near.close(std::move(token)); });
            cancel(with, signal);
            CHECK(take(std::move(closing)) == asio::error::operation_aborted);
            with.far.expect_goodbye();
            CHECK(with.client.ended());
        }
    }
}
