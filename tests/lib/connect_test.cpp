#include <doctest/doctest.h>

#include <asio/error.hpp>

#include "client.hpp"

using namespace taskwire;
using namespace taskwire::test;
namespace c = spec::connection;

TEST_SUITE("connect") {
    TEST_CASE("a connection opens, and says goodbye") {
        connected with;
        auto closing = with.near.close(use_future);
        with.far.expect_goodbye();
        take(std::move(closing));
        CHECK(with.client.ended());
    }

    TEST_CASE("a refused connection is an error that names the endpoint") {
        std::uint16_t port = 0;
        {
            const server gone;
            port = gone.port();
        }
        client_thread client;
        const auto what =
            failure_of(connection::connect(client.executor(), options_for(port), use_future));
        CHECK(what.code() == asio::error::connection_refused);
        CHECK(std::string{what.what()} ==
              "Connection refused: cannot connect to 127.0.0.1:" + std::to_string(port));
        CHECK(client.ended());
    }

    TEST_CASE("a server that accepts and says nothing costs the handshake's deadline") {
        client_thread client;
        server silent;
        auto options = options_for(silent.port());
        options.protocol.handshake_timeout = 100ms;
        const auto begin = std::chrono::steady_clock::now();
        const auto what = failure_of(connection::connect(client.executor(), options, use_future));
        CHECK(what.code() == errc::handshake_timed_out);
        CHECK(std::chrono::steady_clock::now() - begin >= 100ms);
        CHECK(std::chrono::steady_clock::now() - begin < 2s);
        CHECK(client.ended());
    }

    TEST_CASE("endpoints are tried in turn") {
        client_thread client;
        server second;
        std::uint16_t refused = 0;
        {
            const server gone;
            refused = gone.port();
        }
        auto options = options_for(second.port());
        options.endpoints.insert(options.endpoints.begin(), {"127.0.0.1", refused, false});
        auto opening = connection::connect(client.executor(), options, use_future);
        auto far = second.accept();
        far.open();
        CHECK(take(std::move(opening)));
    }

    TEST_CASE("an endpoint that does not answer takes no time from the next one's handshake") {
        client_thread client;
        server deaf{0}; // its queue is full: the kernel ignores further connections
        const auto crowd = deaf.fill_queue();
        server second;
        auto options = options_for(deaf.port());
        options.endpoints.push_back({"127.0.0.1", second.port(), false});
        options.connect_timeout = 400ms;
        options.protocol.handshake_timeout = 300ms;
        auto opening = connection::connect(client.executor(), options, use_future);
        auto far = second.accept();
        far.open();
        CHECK(take(std::move(opening)));
    }

    TEST_CASE("no endpoint is an error") {
        client_thread client;
        auto options = options_for(1);
        options.endpoints.clear();
        CHECK(failure_of(connection::connect(client.executor(), options, use_future)).code() ==
              asio::error::invalid_argument);
        CHECK(client.ended());
    }

    TEST_CASE("a server that dies on the way") {
        struct step {
            const char* name;
            int replies;
            bool announced;
            std::error_code expected;
        };
        const auto lost = make_error_code(errc::connection_lost);
        for (const auto& [name, replies, announced, expected] :
             {step{"after the header", 0, true, lost}, step{"after start-ok", 1, true, lost},
              step{"after start-ok, which means no", 1, false, errc::login_refused},
              step{"after tune-ok and open", 2, true, lost}}) {
            CAPTURE(name);
            client_thread client;
            server listener;
            auto opening =
                connection::connect(client.executor(), options_for(listener.port()), use_future);
            auto far = listener.accept();
            far.expect_header();
            if (replies >= 1) {
                far.send_start(announced);
                far.expect<c::start_ok>();
            }
            if (replies >= 2) {
                far.send(0, c::tune{10, 8192, 0});
                far.expect<c::tune_ok>();
                far.expect<c::open>();
            }
            far.hang_up();
            const auto what = failure_of(std::move(opening));
            CHECK(what.code() == expected);
            REQUIRE(what.reason() != nullptr);
            CHECK(what.reason()->code == expected);
            CHECK(client.ended());
        }
    }

    TEST_CASE("what the server refuses comes with its own words") {
        client_thread client;
        server listener;
        SUBCASE("the login") {
            auto opening =
                connection::connect(client.executor(), options_for(listener.port()), use_future);
            auto far = listener.accept();
            far.expect_header();
            far.send_start();
            const auto login = far.expect<c::start_ok>();
            CHECK(login->mechanism == "PLAIN");
            CHECK(login->response == std::string_view{"\0guest\0guest", 12});
            far.send(0, c::close{403, "ACCESS_REFUSED - wrong", 0, 0});
            const auto what = failure_of(std::move(opening));
            CHECK(what.code() == errc::login_refused);
            CHECK(std::string{what.what()} == "login refused: ACCESS_REFUSED - wrong");
            far.expect<c::close_ok>();
            far.expect_eof();
        }
        SUBCASE("the vhost") {
            auto opening =
                connection::connect(client.executor(), options_for(listener.port()), use_future);
            auto far = listener.accept();
            far.expect_header();
            far.send_start();
            far.expect<c::start_ok>();
            far.send(0, c::tune{10, 8192, 0});
            far.expect<c::tune_ok>();
            CHECK(far.expect<c::open>()->virtual_host == "/");
            far.send(0, c::close{530, "NOT_ALLOWED - no such vhost", 10, 40});
            const auto what = failure_of(std::move(opening));
            CHECK(what.code() == reply_code::not_allowed);
            CHECK(std::string{what.what()} == "NOT_ALLOWED - no such vhost");
            far.expect<c::close_ok>();
            far.expect_eof();
        }
        SUBCASE("the protocol") {
            auto opening =
                connection::connect(client.executor(), options_for(listener.port()), use_future);
            auto far = listener.accept();
            far.expect_header();
            far.send_bytes(std::string_view{"AMQP\x00\x01\x00\x00", 8});
            const auto what = failure_of(std::move(opening));
            CHECK(what.code() == errc::version_mismatch);
            far.expect_eof();
        }
        CHECK(client.ended());
    }

    TEST_CASE("the end of a connection is told with its reason") {
        connected with;
        auto waiting = with.near.wait_closed(use_future);
        SUBCASE("closed by the server") {
            with.far.send(0, c::close{320, "CONNECTION_FORCED - shutdown", 0, 0});
            const auto why = take(std::move(waiting));
            CHECK(why.code == reply_code::connection_forced);
            CHECK(why.text == "CONNECTION_FORCED - shutdown");
            CHECK(why.by_peer);
            with.far.expect<c::close_ok>();
            with.far.expect_eof();
        }
        SUBCASE("lost") {
            with.far.reset();
            CHECK(take(std::move(waiting)).code == errc::connection_lost);
        }
        SUBCASE("given up, because of what the server says") {
            with.far.send_bytes(std::string(100, 'x'));
            CHECK(take(std::move(waiting)).code == errc::unknown_frame_type);
            with.far.expect_eof();
        }
        SUBCASE("closed by us") {
            auto closing = with.near.close(use_future);
            with.far.expect_goodbye();
            CHECK(!take(std::move(waiting)).code);
            take(std::move(closing));
        }
        SUBCASE("closed by us, and the server does not answer") {
            auto closing = with.near.close(use_future);
            CHECK(take(std::move(waiting)).code == errc::close_timed_out);
            take(std::move(closing));
            with.far.expect<c::close>();
            with.far.expect_eof();
        }
        const auto again = failure_of(with.near.open_channel(use_future));
        CHECK(again.code() == errc::connection_closed);
        take(with.near.close(use_future));
        CHECK(with.client.ended());
    }

    TEST_CASE("the last handle closes the connection, in good order and in the background") {
        connected with;
        with.near = {};
        CHECK(with.far.expect<c::close>()->reply_code == 200);
        with.far.send(0, c::close_ok{});
        with.far.expect_eof();
        CHECK(with.client.ended());
    }

    TEST_CASE("a server that never reads does not keep the client") {
        connected with;
        const auto channel = with.open_channel();
        const std::string large(32U << 20U, 'x');
        take(channel.publish({.routing_key = "q"}, {}, large, use_future));
        take(with.near.close(use_future));
        CHECK(with.client.ended());
    }

    TEST_CASE("blocked and unblocked reach the callback, on the connection's strand") {
        std::promise<std::string> blocked;
        std::promise<void> unblocked;
        auto options = options_for(0);
        options.on_blocked = [&](bool now, std::string_view reason) {
            now ? blocked.set_value(std::string{reason}) : unblocked.set_value();
        };
        connected with{{}, options};
        with.far.send(0, c::blocked{"low on memory"});
        CHECK(take(blocked.get_future()) == "low on memory");
        with.far.send(0, c::unblocked{});
        take(unblocked.get_future());
    }
}
