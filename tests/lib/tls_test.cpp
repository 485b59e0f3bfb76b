#include <doctest/doctest.h>

#include <atomic>
#include <vector>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>

#include <taskwire/publisher.hpp>

#include "obedient.hpp"
#include "tls_client.hpp"

using namespace taskwire;
using namespace taskwire::test;

namespace {

/// A client that is connected through TLS to a server that the test plays.
class secured {
  public:
    explicit secured(connect_options options = secure_options(0)) {
        options.endpoints[0].port = listener.port();
        auto opening = connection::connect(client.executor(), options, use_future);
        far = listener.accept();
        REQUIRE(far.secure(identity));
        far.open();
        near = take(std::move(opening));
    }

    channel open_channel() {
        auto opening = near.open_channel(use_future);
        far.open_channel();
        return take(std::move(opening));
    }

    tls_identity identity;
    client_thread client;
    server listener;
    peer far;
    connection near;
};

} // namespace

TEST_SUITE("tls") {
    TEST_CASE("servers that do not play the same game") {
        struct row {
            const char* name;
            std::string_view answer;
            std::error_code expected;
        };
        for (const auto& [name, answer, expected] : {
                 row{"AMQP without TLS", {"AMQP\0\0\x09\x01", 8}, errc::tls_not_spoken},
                 row{"HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", errc::tls_not_spoken},
                 row{"nobody", "", errc::tls_failed},
             }) {
            CAPTURE(name);
            client_thread client;
            server listener;
            auto opening =
                connection::connect(client.executor(), secure_options(listener.port()), use_future);
            auto far = listener.accept();
            far.send_bytes(answer);
            if (answer.empty())
                far.hang_up();
            const auto what = failure_of(std::move(opening));
            CHECK(what.code() == expected);
            CHECK(contains(what.what(), "127.0.0.1:" + std::to_string(listener.port())));
            CHECK(client.ended());
        }
    }

    TEST_CASE("a client without TLS is told that the port wants it") {
        client_thread client;
        server listener;
        auto opening =
            connection::connect(client.executor(), options_for(listener.port()), use_future);
        auto far = listener.accept();
        far.expect_header();
        far.send_bytes({"\x15\x03\x03\0\x02\x02\x46", 7}); // fatal: protocol_version
        CHECK(failure_of(std::move(opening)).code() == errc::tls_required);
        far.expect_eof();
        CHECK(client.ended());
    }

    TEST_CASE("a handshake that never ends costs its deadline, and the next host is tried") {
        client_thread client;
        server silent;
        server second;
        auto options = secure_options(silent.port());
        options.connect_timeout = 200ms;
        SUBCASE("alone") {
            auto opening = connection::connect(client.executor(), options, use_future);
            auto far = silent.accept();
            far.send_bytes({"\x16\x03\x03", 3}); // the beginning of a record
            const auto what = failure_of(std::move(opening));
            CHECK(what.code() == errc::handshake_timed_out);
            CHECK(contains(what.what(), "did not finish the TLS handshake"));
        }
        SUBCASE("with another host") {
            options.endpoints.push_back({"127.0.0.1", second.port(), false});
            auto opening = connection::connect(client.executor(), options, use_future);
            auto far = second.accept();
            far.open();
            CHECK(take(std::move(opening)));
        }
        CHECK(client.ended());
    }

    TEST_CASE("giving up in the middle of the handshake") {
        client_thread client;
        server silent;
        asio::cancellation_signal stop;
        std::promise<std::error_code> ended;
        connection::connect(client.executor(), secure_options(silent.port()),
                            asio::bind_cancellation_slot(
                                stop.slot(), [&](std::error_code fault, const connection&) {
                                    ended.set_value(fault);
                                }));
        auto far = silent.accept();
        asio::post(client.io, [&] { stop.emit(asio::cancellation_type::terminal); });
        CHECK(take(ended.get_future()) == asio::error::operation_aborted);
        CHECK(client.ended());
    }

    TEST_CASE("an io_context destroyed in the middle of the handshake leaves nothing behind") {
        server silent;
        const auto witness = std::make_shared<int>();
        {
            asio::io_context io;
            connection::connect(io.get_executor(), secure_options(silent.port()),
                                [witness](std::error_code, const connection&) {});
            while (!silent.is_wanted())
                io.run_one_for(1ms);
            auto far = silent.accept();
            io.run_for(20ms); // the client's hello is on its way
        }
        CHECK(witness.use_count() == 1);
    }

    TEST_CASE("many threads publish, while confirms come in") {
        constexpr int threads = 4;
        constexpr int each = 500;
        const tls_identity identity;
        obedient broker{&identity};
        asio::io_context io;
        auto work = asio::make_work_guard(io);
        std::vector<std::thread> runners;
        for (int i = 0; i < 2; ++i)
            runners.emplace_back([&] { io.run(); });
        std::atomic<int> confirmed = 0;
        {
            const auto options = secure_options(broker.port());
            const auto on = take(connection::connect(io.get_executor(), options, use_future));
            const auto to = take(publisher::open(on, publisher_options{}, use_future));
            std::vector<std::thread> users;
            for (int i = 0; i < threads; ++i)
                users.emplace_back([&, copy = to] {
                    for (int n = 0; n < each; ++n)
                        copy.publish({.routing_key = "q"}, {}, std::string(2'000, 'x'),
                                     [&](const publish_outcome& what) {
                                         confirmed += what.confirmed() ? 1 : 0;
                                     });
                    take(copy.drain(use_future));
                });
            for (auto& user : users)
                user.join();
            take(on.close(use_future));
        }
        work.reset();
        for (auto& runner : runners)
            runner.join();
        CHECK(confirmed == threads * each);
    }

    TEST_CASE("a connection lives and says goodbye") {
        secured with;
        auto closing = with.near.close(use_future);
        with.far.expect_goodbye();
        take(std::move(closing));
        CHECK(with.client.ended());
    }

    TEST_CASE("the server's end, with and without a word of TLS") {
        secured with;
        auto ended = with.near.wait_closed(use_future);
        SUBCASE("reset") {
            with.far.reset();
        }
        SUBCASE("hung up") {
            with.far.hang_up();
        }
        CHECK(take(std::move(ended)).code == errc::connection_lost);
        CHECK(with.client.ended());
    }

    TEST_CASE("bodies of all sizes arrive as they were, both ways") {
        secured with;
        const auto channel = with.open_channel();
        std::uint64_t tag = 0;
        for (const std::size_t size : {0UL, 1UL, 16'383UL, 16'384UL, 16'385UL, 3'000'000UL}) {
            CAPTURE(size);
            std::string body(size, '\0');
            for (std::size_t at = 0; at < size; ++at)
                body[at] = static_cast<char>(at * 31 + at / 251);
            auto sent = channel.publish({.routing_key = "q"}, {}, body, use_future);
            CHECK((with.far.expect_message().body == body));
            take(std::move(sent));
            auto got = channel.request(spec::basic::get{.queue = "q"}, use_future);
            with.far.expect<spec::basic::get>();
            with.far.send_message(1, spec::basic::get_ok{++tag, false, "", "q", 0}, {}, body);
            const auto answer = take(std::move(got));
            CHECK((answer.message.body() == body));
            take(channel.send(spec::basic::ack{tag, false}, use_future));
            with.far.expect<spec::basic::ack>();
        }
    }

    TEST_CASE("the server renews its keys, over and over, while both sides talk") {
        secured with;
        const auto on = with.open_channel();
        const std::string body(50'000, 'x');
        for (std::uint64_t round = 1; round <= 20; ++round) {
            CAPTURE(round);
            auto first = on.publish({.routing_key = "q"}, {}, body, use_future);
            with.far.renew_keys();
            auto got = on.request(spec::queue::declare{.queue = "q"}, use_future);
            auto second = on.publish({.routing_key = "q"}, {}, body, use_future);
            CHECK((with.far.expect_message().body == body));
            with.far.expect<spec::queue::declare>();
            with.far.send(1, spec::queue::declare_ok{"q", 0, 0});
            CHECK((with.far.expect_message().body == body));
            CHECK(take(std::move(got))->queue == "q");
            take(std::move(first));
            take(std::move(second));
        }
    }

    TEST_CASE("small messages share records") {
        constexpr int count = 2'000;
        secured with;
        const auto channel = with.open_channel();
        const auto before = with.far.read_count();
        asio::post(channel.get_executor(), [&] {
            for (int i = 0; i < count; ++i)
                channel.publish({.routing_key = "q"}, {}, std::string(100, 'x'), asio::detached);
        });
        for (int i = 0; i < count; ++i)
            with.far.expect_message();
        const auto records = with.far.read_count() - before;
        CAPTURE(records);
        CHECK(records <= 40); // some 340,000 bytes
        with.near = {};
    }
}
