#include <doctest/doctest.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include "publishing.hpp"

using namespace taskwire;
using namespace taskwire::test;
namespace c = spec::connection;
namespace ch = spec::channel;
namespace b = spec::basic;
using kind = publish_outcome::kind;

namespace {

publisher_options small_window() {
    publisher_options result;
    result.unconfirmed_count_max = 2;
    result.unconfirmed_bytes_max = 100;
    result.waiting_count_max = 2;
    result.waiting_bytes_max = 50;
    return result;
}

} // namespace

TEST_SUITE("publisher") {
    TEST_CASE("each message gets its own outcome") {
        publishing with;
        auto one = with.publish("one");
        auto two = with.publish("two");
        auto three = with.publish("three", true);
        auto four = with.publish("four", true);
        with.expect("one");
        with.expect("two");
        const auto third = with.far.expect_message();
        const auto fourth = with.far.expect_message();
        CHECK(third.properties().headers->find("taskwire-sequence")->as_integer() == 3);
        with.far.send(1, b::nack{2, false, false});
        with.far.send_message(1, b::return_{312, "NO_ROUTE", "", "q"}, third.properties(),
                              third.body);
        with.far.send(1, b::ack{4, true});
        CHECK(take(std::move(one)).what() == kind::confirmed);
        const auto second = take(std::move(two));
        CHECK(second.what() == kind::nacked);
        CHECK(second.code() == errc::nacked);
        const auto returned = take(std::move(three));
        CHECK(returned.what() == kind::returned);
        CHECK(returned.code() == reply_code::no_route);
        CHECK(returned.text() == "NO_ROUTE");
        CHECK(take(std::move(four)).what() == kind::confirmed);
    }

    TEST_CASE("what cannot be sent is refused, and takes no sequence number") {
        publishing with;
        const auto refused =
            take(with.to.publish({.routing_key = std::string(256, 'k')}, {}, "", use_future));
        CHECK(refused.what() == kind::refused);
        CHECK(refused.code() == errc::string_too_long);
        auto next = with.publish("next");
        with.expect("next");
        with.far.send(1, b::ack{1, false});
        CHECK(take(std::move(next)).confirmed());
    }

    TEST_CASE("the window bounds the unconfirmed messages, order is kept") {
        publishing with{small_window()};
        auto one = with.publish("one");
        auto two = with.publish("two");
        auto three = with.publish("three");
        auto four = with.publish("four");
        const auto five = take(with.publish("five"));
        CHECK(five.what() == kind::refused);
        CHECK(five.code() == errc::window_full);
        auto ready = with.to.ready(use_future);
        with.expect("one");
        with.expect("two");
        CHECK(!is_ready(ready));
        with.far.send(1, b::ack{2, false}); // the second: the first still counts
        with.expect("three");
        CHECK(take(std::move(two)).confirmed());
        with.far.send(1, b::ack{3, true});
        with.expect("four");
        take(std::move(ready));
        with.far.send(1, b::ack{4, false});
        for (auto* each : {&one, &three, &four})
            CHECK(take(std::move(*each)).confirmed());
        take(with.to.ready(use_future));
        take(with.to.drain(use_future));
    }

    TEST_CASE("the window bounds the unconfirmed bytes, a message above it goes alone") {
        publishing with{small_window()};
        const std::string large(120, 'x');
        auto one = with.publish(large);
        auto two = with.publish(std::string(40, 'y'));
        const auto three = take(with.publish(std::string(11, 'z')));
        CHECK(three.code() == errc::window_full);
        with.expect(large);
        with.far.send(1, b::ack{1, false});
        with.expect(std::string(40, 'y'));
        auto four = with.publish(std::string(60, 'y'));
        with.expect(std::string(60, 'y'));
        auto five = with.publish("z"); // 101 bytes
        with.far.send(1, b::ack{2, false});
        with.expect("z");
        with.far.send(1, b::ack{4, true});
        for (auto* each : {&one, &two, &four, &five})
            CHECK(take(std::move(*each)).confirmed());
    }

    TEST_CASE("a confirm that does not come in time is unknown; drain does not wait for it") {
        auto limits = small_window();
        limits.confirm_timeout = 150ms;
        publishing with{limits};
        auto one = with.publish("one");
        auto two = with.publish("two");
        auto three = with.publish("three");
        auto drained = with.to.drain(use_future);
        const auto first = take(std::move(one));
        CHECK(first.what() == kind::unknown);
        CHECK(first.code() == errc::request_timed_out);
        CHECK(take(std::move(two)).what() == kind::unknown);
        const auto waiting = take(std::move(three));
        CHECK(waiting.what() == kind::refused);
        CHECK(waiting.code() == errc::request_timed_out);
        take(std::move(drained));
        // The broker may still have both, so there is no room; three was never sent.
        with.expect("one");
        with.expect("two");
        auto ready = with.to.ready(use_future);
        const auto other = with.open_channel(); // by then `ready` had its turn
        CHECK(!is_ready(ready));
        with.far.send(1, b::ack{2, true}); // late confirms make room again
        take(std::move(ready));
        auto four = with.publish("four");
        with.expect("four");
        with.far.send(1, b::ack{3, false});
        CHECK(take(std::move(four)).confirmed());
    }

    TEST_CASE("while the broker blocks, messages wait; their deadline goes on") {
        std::promise<void> told;
        auto options = options_for(0);
        options.on_blocked = [&](bool now, std::string_view) {
            if (now)
                told.set_value();
        };
        publisher_options limits;
        limits.confirm_timeout = 300ms;
        publishing with{limits, options};
        with.far.send(0, c::blocked{"memory"});
        take(told.get_future());
        auto one = with.publish("one");
        auto ready = with.to.ready(use_future);
        SUBCASE("until it goes on") {
            with.far.send(0, c::unblocked{});
            take(std::move(ready));
            with.expect("one");
            with.far.send(1, b::ack{1, false});
            CHECK(take(std::move(one)).confirmed());
        }
        SUBCASE("until time is out") {
            const auto outcome = take(std::move(one));
            CHECK(outcome.what() == kind::refused);
            CHECK(outcome.code() == errc::request_timed_out);
            CHECK(!is_ready(ready));
            with.far.send(0, c::unblocked{});
            take(std::move(ready));
        }
    }

    TEST_CASE("while channel.flow stops them, messages wait") {
        publishing with;
        with.far.send(1, ch::flow{false});
        CHECK(!with.far.expect<ch::flow_ok>()->active);
        auto one = with.publish("one");
        auto ready = with.to.ready(use_future);
        with.far.send(1, ch::flow{true});
        CHECK(with.far.expect<ch::flow_ok>()->active);
        take(std::move(ready));
        with.expect("one");
        with.far.send(1, b::ack{1, false});
        CHECK(take(std::move(one)).confirmed());
    }

    TEST_CASE("the end of the channel or connection: unknown what was sent, refused what was not") {
        publishing with{small_window()};
        auto one = with.publish("one");
        auto two = with.publish("two");
        auto three = with.publish("three");
        auto ready = with.to.ready(use_future);
        auto drained = with.to.drain(use_future);
        auto closed = with.to.close(use_future);
        with.expect("one");
        with.far.send(1, b::ack{1, false});
        CHECK(take(std::move(one)).confirmed());
        with.expect("two");
        with.expect("three");
        auto four = with.publish("four");
        std::error_code expected;
        std::string text;
        SUBCASE("the channel") {
            with.far.send(1, ch::close{404, "NOT_FOUND - no exchange 'e'", 60, 40});
            expected = reply_code::not_found;
            text = "NOT_FOUND - no exchange 'e'";
        }
        SUBCASE("the connection, closed") {
            with.far.send(0, c::close{320, "CONNECTION_FORCED - bye", 0, 0});
            expected = reply_code::connection_forced;
            text = "CONNECTION_FORCED - bye";
        }
        SUBCASE("the connection, lost") {
            with.far.hang_up();
            expected = errc::connection_lost;
            text = "the connection was lost: End of file";
        }
        for (auto* each : {&two, &three}) {
            const auto outcome = take(std::move(*each));
            CHECK(outcome.what() == kind::unknown);
            CHECK(outcome.code() == expected);
            CHECK(outcome.text() == text);
        }
        const auto waiting = take(std::move(four));
        CHECK(waiting.what() == kind::refused);
        CHECK(waiting.code() == expected);
        CHECK(failure_of(std::move(ready)).code() == expected);
        take(std::move(drained));
        take(std::move(closed));
        const auto late = take(with.publish("five"));
        CHECK(late.what() == kind::refused);
        CHECK(late.code() == expected);
        CHECK(failure_of(with.to.ready(use_future)).code() == expected);
    }

    TEST_CASE("close drains first") {
        publishing with;
        auto one = with.publish("one");
        auto closed = with.to.close(use_future);
        with.expect("one");
        with.far.send(1, b::ack{1, false});
        with.far.expect<ch::close>();
        CHECK(take(std::move(one)).confirmed());
        with.far.send(1, ch::close_ok{});
        take(std::move(closed));
    }

    TEST_CASE("without handles the channel closes, after the last confirm") {
        publishing with;
        auto one = with.publish("one");
        with.expect("one");
        with.to = {};
        with.far.send(1, b::ack{1, false});
        CHECK(with.far.expect<ch::close>().channel == 1);
        CHECK(take(std::move(one)).confirmed());
    }

    TEST_CASE("without handles the connection closes too, after the last confirm") {
        publishing with;
        auto one = with.publish("one");
        with.expect("one");
        with.near = {};
        with.to = {};
        with.far.send(1, b::ack{1, false});
        with.far.expect<ch::close>();
        with.far.send(1, ch::close_ok{});
        with.far.expect_goodbye();
        CHECK(take(std::move(one)).confirmed());
        CHECK(with.client.ended());
    }

    TEST_CASE("cancelled: the message may still arrive, its caller waits no longer") {
        publishing with{small_window()};
        auto first_done = std::make_shared<std::promise<publish_outcome>>();
        auto third_done = std::make_shared<std::promise<publish_outcome>>();
        asio::cancellation_signal first;
        asio::cancellation_signal third;
        with.to.publish({.routing_key = "q"}, {}, "one",
                        asio::bind_cancellation_slot(first.slot(), [=](publish_outcome what) {
                            first_done->set_value(std::move(what));
                        }));
        auto two = with.publish("two");
        with.to.publish({.routing_key = "q"}, {}, "three",
                        asio::bind_cancellation_slot(third.slot(), [=](publish_outcome what) {
                            third_done->set_value(std::move(what));
                        }));
        with.expect("one");
        with.expect("two");
        asio::post(with.client.executor(), [&] {
            first.emit(asio::cancellation_type::terminal);
            third.emit(asio::cancellation_type::terminal);
        });
        const auto sent = take(first_done->get_future());
        CHECK(sent.what() == kind::unknown);
        CHECK(sent.code() == asio::error::operation_aborted);
        const auto unsent = take(third_done->get_future());
        CHECK(unsent.what() == kind::refused);
        CHECK(unsent.code() == asio::error::operation_aborted);
        auto four = with.publish("four");
        with.far.send(1, b::ack{2, true});
        with.expect("four");
        with.far.send(1, b::ack{3, false});
        CHECK(take(std::move(two)).confirmed());
        CHECK(take(std::move(four)).confirmed());
    }

    TEST_CASE("a publisher that is refused, or no longer waited for, leaves no channel") {
        connected with;
        auto opening = publisher::open(with.near, {}, use_future);
        with.far.open_channel();
        with.far.expect<spec::confirm::select>();
        SUBCASE("refused") {
            with.far.send(1, ch::close{540, "NOT_IMPLEMENTED", 85, 10});
            with.far.expect<ch::close_ok>();
            CHECK(failure_of(std::move(opening)).code() == reply_code::not_implemented);
        }
        SUBCASE("lost") {
            with.far.reset();
            CHECK(failure_of(std::move(opening)).code() == errc::connection_lost);
        }
    }
}
