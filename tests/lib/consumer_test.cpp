#include <doctest/doctest.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>

#include <taskwire/consumer.hpp>

#include "client.hpp"

using namespace taskwire;
using namespace taskwire::test;
namespace c = spec::connection;
namespace ch = spec::channel;
namespace q = spec::queue;
namespace b = spec::basic;

namespace {

class consuming : public connected {
  public:
    explicit consuming(const consumer_options& options = {}) {
        auto opening = consumer::open(near, "jobs", options, use_future);
        far.open_channel();
        prefetch_count = far.expect<b::qos>()->prefetch_count;
        far.send(1, b::qos_ok{});
        no_ack = far.expect<b::consume>()->no_ack;
        far.send(1, b::consume_ok{"ctag-1"});
        from = take(std::move(opening));
    }

    void deliver(std::uint64_t tag, std::string_view body, std::string_view consumer = "ctag-1") {
        far.send_message(1, b::deliver{consumer, tag, false, "", "jobs"}, {}, body);
    }

    /// Makes sure of the next thing on the wire: nothing came before this.
    void expect_nothing_else() {
        auto asking = from.request(q::purge{.queue = "marker"}, use_future);
        CHECK(far.expect<q::purge>()->queue == "marker");
        far.send(1, q::purge_ok{});
        take(std::move(asking));
    }

    std::uint16_t prefetch_count = 0;
    bool no_ack = false;
    consumer from;
};

} // namespace

TEST_SUITE("consumer") {
    TEST_CASE("deliveries come in order, waited for or not") {
        consuming with;
        CHECK(with.prefetch_count == 1);
        CHECK(!with.no_ack);
        auto first = with.from.next(use_future);
        auto second = with.from.next(use_future);
        for (std::uint64_t tag = 1; tag <= 3; ++tag)
            with.deliver(tag, "body " + std::to_string(tag));
        const auto one = take(std::move(first));
        CHECK(one.body() == "body 1");
        CHECK(one.delivery_tag() == 1);
        CHECK(one.routing_key() == "jobs");
        CHECK(one.consumer_tag() == "ctag-1");
        CHECK(take(std::move(second)).body() == "body 2");
        CHECK(take(with.from.next(use_future)).body() == "body 3");
    }

    TEST_CASE("a delivery right behind consume-ok, and a body in three reads, is not lost") {
        connected with;
        auto opening = consumer::open(with.near, "jobs", {}, use_future);
        with.far.open_channel();
        with.far.expect<b::qos>();
        with.far.send(1, b::qos_ok{});
        with.far.expect<b::consume>();
        const b::deliver method{"c", 1, false, "", "jobs"};
        const auto bytes = to_bytes(1, b::consume_ok{"c"}) + to_bytes(1, method) +
                           to_bytes(1, b::properties{.type = "t"}, "0123456789", 4);
        with.far.send_bytes(std::string_view{bytes}.substr(0, bytes.size() - 20));
        auto from = take(std::move(opening));
        auto next = from.next(use_future);
        with.far.send_bytes(std::string_view{bytes}.substr(bytes.size() - 20, 3));
        with.far.send_bytes(std::string_view{bytes}.substr(bytes.size() - 17));
        const auto message = take(std::move(next));
        CHECK(message.body() == "0123456789");
        CHECK(message.properties().type == "t");
    }

    TEST_CASE("large bodies come as they were sent, however they were cut into frames") {
        consuming with{{.prefetch_count = 10}};
        std::string text(100'000, '\0');
        for (std::size_t i = 0; i < text.size(); ++i)
            text[i] = static_cast<char>('a' + i % 23);
        std::uint64_t tag = 0;
        for (const std::size_t payload_max : {100'000U, 40'000U, 5000U}) {
            const b::deliver method{"ctag-1", ++tag, false, "", "jobs"};
            with.far.send_bytes(to_bytes(1, method) +
                                to_bytes(1, b::properties{.type = "t"}, text, payload_max));
        }
        // A frame without a byte is allowed before the one that has the whole body.
        auto content = to_bytes(1, b::properties{.type = "t"}, text, text.size());
        std::string empty(frame_overhead, '\0');
        store_frame_end(store_frame_head(empty.data(), frame_type::body, 1, 0));
        content.insert(content.size() - text.size() - frame_overhead, empty);
        with.far.send_bytes(to_bytes(1, b::deliver{"ctag-1", ++tag, false, "", "jobs"}) + content);
        for (tag = 1; tag <= 4; ++tag) {
            const auto kept = take(with.from.next(use_future));
            CHECK(kept.delivery_tag() == tag);
            CHECK((kept.body() == text));
            CHECK(kept.properties().type == "t");
            CHECK(kept.routing_key() == "jobs");
        }
    }

    TEST_CASE("acknowledgements reach the wire once") {
        consuming with{{.prefetch_count = 10}};
        for (std::uint64_t tag = 1; tag <= 3; ++tag)
            with.deliver(tag, "x");
        const auto one = take(with.from.next(use_future));
        const auto two = take(with.from.next(use_future));
        const auto three = take(with.from.next(use_future));
        CHECK(take(with.from.ack(two, use_future)) == settle_result::sent);
        CHECK(with.far.expect<b::ack>()->delivery_tag == 2);
        CHECK(take(with.from.ack(two, use_future)) == settle_result::unknown);
        CHECK(take(with.from.nack(two, true, use_future)) == settle_result::unknown);
        CHECK(take(with.from.reject(two, false, use_future)) == settle_result::unknown);
        with.expect_nothing_else();
        CHECK(take(with.from.nack(one, true, use_future)) == settle_result::sent);
        CHECK(with.far.expect<b::nack>()->requeue);
        CHECK(take(with.from.reject(three, false, use_future)) == settle_result::sent);
        CHECK(!with.far.expect<b::reject>()->requeue);
    }

    TEST_CASE("an acknowledgement after the channel closed is stale, and not on the wire") {
        consuming with;
        with.deliver(1, "x");
        const auto message = take(with.from.next(use_future));
        auto next = with.from.next(use_future);
        with.far.send(1, ch::close{406, "PRECONDITION_FAILED - timed out", 60, 80});
        with.far.expect<ch::close_ok>();
        CHECK(failure_of(std::move(next)).code() == reply_code::precondition_failed);
        CHECK(take(with.from.ack(message, use_future)) == settle_result::stale);

        // The same number, and a tag 1 that is outstanding there: still not the old delivery's.
        auto opening = consumer::open(with.near, "jobs", {}, use_future);
        CHECK(with.far.open_channel() == 1);
        with.far.expect<b::qos>();
        with.far.send(1, b::qos_ok{});
        with.far.expect<b::consume>();
        with.far.send(1, b::consume_ok{"ctag-2"});
        with.deliver(1, "x", "ctag-2");
        const auto fresh = take(std::move(opening));
        const auto again = take(fresh.next(use_future));
        CHECK(again.delivery_tag() == message.delivery_tag());
        CHECK(take(fresh.ack(message, use_future)) == settle_result::stale);
        CHECK(take(with.from.ack(message, use_future)) == settle_result::stale);
        CHECK(take(fresh.ack(again, use_future)) == settle_result::sent);
        CHECK(with.far.expect<b::ack>()->delivery_tag == 1);
    }

    TEST_CASE("a delivery of another connection is stale, and not on the wire") {
        consuming one;
        consuming two;
        one.deliver(1, "one");
        two.deliver(1, "two");
        const auto of_one = take(one.from.next(use_future));
        const auto of_two = take(two.from.next(use_future));
        CHECK(of_one.channel().number == of_two.channel().number);
        CHECK(take(two.from.ack(of_one, use_future)) == settle_result::stale);
        two.expect_nothing_else();
    }

    TEST_CASE("the broker ends the consumer: what came can be taken and settled") {
        consuming with{{.prefetch_count = 10}};
        with.deliver(1, "x");
        with.far.send(1, b::cancel{"ctag-1"});
        CHECK(with.far.expect<b::cancel_ok>()->consumer_tag == "ctag-1");
        const auto message = take(with.from.next(use_future));
        CHECK(failure_of(with.from.next(use_future)).code() == errc::consumer_cancelled);
        CHECK(take(with.from.ack(message, use_future)) == settle_result::sent);
        with.far.expect<b::ack>();
        take(with.from.cancel(use_future));
        with.expect_nothing_else();
    }

    TEST_CASE("consume_again: it consumes again, unless it is told to stop before") {
        consumer_options again;
        again.on_cancel = on_cancel::consume_again;
        again.consume_again_pause = 1ms;
        consuming with{again};
        with.deliver(1, "before");
        auto first = with.from.next(use_future);
        CHECK(take(std::move(first)).body() == "before");
        auto waiting = with.from.next(use_future);
        with.far.send(1, b::cancel{"ctag-1"});
        with.far.expect<b::cancel_ok>();
        CHECK(with.far.expect<b::consume>()->queue == "jobs");
        with.far.send(1, b::consume_ok{"ctag-2"});
        with.deliver(2, "after", "ctag-2");
        CHECK(take(std::move(waiting)).body() == "after");
        // Stopped while the next consume is under way: what it brings is cancelled.
        with.far.send(1, b::cancel{"ctag-2"});
        with.far.expect<b::cancel_ok>();
        with.far.expect<b::consume>();
        take(with.from.cancel(use_future));
        with.far.send(1, b::consume_ok{"ctag-3"});
        CHECK(with.far.expect<b::cancel>()->consumer_tag == "ctag-3");
        CHECK(failure_of(with.from.next(use_future)).code() == errc::consumer_cancelled);
    }

    TEST_CASE("consume_again: the pause grows from one cancel to the next") {
        consumer_options again;
        again.on_cancel = on_cancel::consume_again;
        again.consume_again_pause = 20ms;
        consuming with{again};
        const auto pause = [&with] {
            const auto from = std::chrono::steady_clock::now();
            with.far.send(1, b::cancel{"ctag-1"});
            with.far.expect<b::cancel_ok>();
            with.far.expect<b::consume>();
            const auto length = std::chrono::steady_clock::now() - from;
            with.far.send(1, b::consume_ok{"ctag-1"});
            return length;
        };
        for (const auto at_least : {20ms, 40ms, 80ms})
            CHECK(pause() >= at_least);
    }

    TEST_CASE("consume_again: a queue that is gone ends it with the broker's words") {
        consumer_options again;
        again.on_cancel = on_cancel::consume_again;
        again.consume_again_pause = 1ms;
        consuming with{again};
        auto waiting = with.from.next(use_future);
        with.far.send(1, b::cancel{"ctag-1"});
        with.far.expect<b::cancel_ok>();
        with.far.expect<b::consume>();
        with.far.send(1, ch::close{404, "NOT_FOUND - no queue 'jobs'", 60, 20});
        CHECK(failure_of(std::move(waiting)).code() == reply_code::not_found);
    }

    TEST_CASE("we end the consumer: deliveries on their way can still be taken") {
        consuming with{{.prefetch_count = 10}};
        auto first = with.from.next(use_future);
        auto second = with.from.next(use_future);
        auto stopping = with.from.cancel(use_future);
        CHECK(with.far.expect<b::cancel>()->consumer_tag == "ctag-1");
        with.deliver(1, "late");
        with.far.send(1, b::cancel_ok{"ctag-1"});
        take(std::move(stopping));
        CHECK(take(std::move(first)).body() == "late");
        CHECK(failure_of(std::move(second)).code() == errc::consumer_cancelled);
        // What the broker sends to nobody goes back to its queue.
        with.deliver(2, "stray");
        const auto back = with.far.expect<b::nack>();
        CHECK(back->delivery_tag == 2);
        CHECK(back->requeue);
    }

    TEST_CASE("after close, and after the connection's end, next fails") {
        consuming with{{.prefetch_count = 10}};
        with.deliver(1, "x");
        take(with.from.next(use_future));
        auto next = with.from.next(use_future);
        std::error_code expected;
        SUBCASE("closed by us") {
            auto closing = with.from.close(use_future);
            with.far.expect<ch::close>();
            with.deliver(2, "discarded");
            with.far.send(1, ch::close_ok{});
            take(std::move(closing));
            expected = errc::channel_closed;
        }
        SUBCASE("lost") {
            with.far.hang_up();
            expected = errc::connection_lost;
        }
        SUBCASE("closed by the broker") {
            with.far.send(0, c::close{320, "CONNECTION_FORCED", 0, 0});
            expected = reply_code::connection_forced;
        }
        CHECK(failure_of(std::move(next)).code() == expected);
        CHECK(failure_of(with.from.next(use_future)).code() == expected);
        take(with.from.cancel(use_future));
        take(with.from.close(use_future));
    }

    TEST_CASE("deliveries that nobody takes are bounded") {
        consuming with{{.prefetch_count = 0, .delivery_count_max = 3}};
        for (std::uint64_t tag = 1; tag <= 4; ++tag)
            with.deliver(tag, "x");
        with.far.expect<ch::close>();
        with.deliver(5, "x");
        with.far.send(1, ch::close_ok{});
        take(with.from.close(use_future));
        const auto what = failure_of(with.from.next(use_future));
        CHECK(what.code() == errc::channel_closed);
        CHECK(std::string{what.what()} == "the channel is closed: more than delivery_count_max (3) "
                                          "deliveries waited to be taken");
    }

    TEST_CASE("so are their bytes, but for one delivery of any size") {
        consuming with{{.prefetch_count = 0, .delivery_bytes_max = 100}};
        for (std::uint64_t tag = 1; tag <= 3; ++tag) { // taken in turn they need no room
            with.deliver(tag, std::string(200, 'x'));
            CHECK(take(with.from.next(use_future)).body().size() == 200);
        }
        // 6 bytes of consumer tag, 4 of routing key, 2 of property flags.
        with.deliver(4, std::string(50 - 12, 'x'));
        with.deliver(5, std::string(50 - 12, 'x'));
        with.expect_nothing_else();
        with.deliver(6, "");
        with.far.expect<ch::close>();
        with.far.send(1, ch::close_ok{});
        take(with.from.close(use_future));
        CHECK(failure_of(with.from.next(use_future)).reason()->text ==
              "more than delivery_bytes_max (100) bytes of deliveries waited to be taken");
    }

    TEST_CASE("what the broker counts as done is not thrown away with the channel") {
        consuming with{{.no_ack = true}};
        CHECK(with.no_ack);
        with.deliver(1, "x");
        with.far.send(1, ch::close{541, "INTERNAL_ERROR", 0, 0});
        with.far.expect<ch::close_ok>();
        take(with.from.close(use_future));
        const auto message = take(with.from.next(use_future));
        CHECK(message.body() == "x");
        CHECK(failure_of(with.from.next(use_future)).code() == reply_code::internal_error);
    }

    TEST_CASE("next is cancelled: its delivery goes to the next one") {
        consuming with;
        asio::cancellation_signal signal;
        auto done = std::make_shared<std::promise<std::error_code>>();
        with.from.next(asio::bind_cancellation_slot(
            signal.slot(), [=](std::error_code what, delivery) { done->set_value(what); }));
        auto second = with.from.next(use_future);
        asio::post(with.client.executor(), [&] { signal.emit(asio::cancellation_type::terminal); });
        CHECK(take(done->get_future()) == asio::error::operation_aborted);
        with.deliver(1, "x");
        CHECK(take(std::move(second)).body() == "x");
    }

    TEST_CASE("opening is cancelled: no consumer and no channel stay behind") {
        connected with;
        asio::cancellation_signal signal;
        auto done = std::make_shared<std::promise<std::error_code>>();
        consumer::open(
            with.near, "jobs", {},
            asio::bind_cancellation_slot(signal.slot(), [=](std::error_code what, const consumer&) {
                done->set_value(what);
            }));
        with.far.open_channel();
        with.far.expect<b::qos>();
        with.far.send(1, b::qos_ok{});
        with.far.expect<b::consume>();
        asio::post(with.client.executor(), [&] { signal.emit(asio::cancellation_type::terminal); });
        CHECK(take(done->get_future()) == asio::error::operation_aborted);
        CHECK(with.far.expect<ch::close>().channel == 1);
    }

    TEST_CASE("a missing queue is an error with the broker's words") {
        connected with;
        auto opening = consumer::open(with.near, "jobs", {}, use_future);
        with.far.open_channel();
        with.far.expect<b::qos>();
        with.far.send(1, b::qos_ok{});
        with.far.expect<b::consume>();
        with.far.send(1, ch::close{404, "NOT_FOUND - no queue 'jobs'", 60, 20});
        const auto what = failure_of(std::move(opening));
        CHECK(what.code() == reply_code::not_found);
        CHECK(std::string{what.what()} == "NOT_FOUND - no queue 'jobs'");
    }

    TEST_CASE("without handles the channel closes: what is not settled is delivered again") {
        consuming with;
        with.deliver(1, "x");
        {
            const auto copy = with.from;
            with.from = {};
            auto asking = copy.request(q::purge{.queue = "held"}, use_future);
            with.far.expect<q::purge>();
            with.far.send(1, q::purge_ok{});
            take(std::move(asking));
        }
        CHECK(with.far.expect<ch::close>().channel == 1);
    }
}
