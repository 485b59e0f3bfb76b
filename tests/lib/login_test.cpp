#include <doctest/doctest.h>

#include <asio/error.hpp>

#include "client.hpp"

using namespace taskwire;
using namespace taskwire::test;
namespace c = spec::connection;

namespace {

/// The login of a client with these options, which the server then accepts.
arrived<c::start_ok> login_of(connect_options options, std::string_view mechanisms) {
    client_thread client;
    server listener;
    options.endpoints[0].port = listener.port();
    auto opening = connection::connect(client.executor(), options, use_future);
    auto far = listener.accept();
    far.expect_header();
    far.send_start(true, mechanisms);
    auto login = far.expect<c::start_ok>();
    far.send(0, c::tune{10, 8192, 0});
    far.expect<c::tune_ok>();
    far.expect<c::open>();
    far.send(0, c::open_ok{});
    take(std::move(opening)); // and, with its only handle, close
    far.expect_goodbye();
    return login;
}

} // namespace

TEST_SUITE("login") {
    TEST_CASE("the first of our mechanisms that the server has") {
        auto options = options_for(0);
        options.protocol.credentials = {"app", "pw"};
        options.protocol.mechanisms = {"EXTERNAL", "AMQPLAIN", "PLAIN"};
        const auto external = login_of(options, "PLAIN AMQPLAIN EXTERNAL");
        CHECK(external->mechanism == "EXTERNAL");
        CHECK(external->response.empty());
        const auto amqplain = login_of(options, "PLAIN AMQPLAIN");
        CHECK(amqplain->mechanism == "AMQPLAIN");
        const table fields{{"LOGIN", "app"}, {"PASSWORD", "pw"}};
        CHECK((amqplain->response == fields.view().bytes()));
        const auto plain = login_of(options, "PLAIN");
        CHECK((plain->response == std::string_view{"\0app\0pw", 7}));
    }

    TEST_CASE("no mechanism in common: the error names both sides'") {
        client_thread client;
        server listener;
        auto options = options_for(listener.port());
        options.protocol.mechanisms = {"EXTERNAL"};
        auto opening = connection::connect(client.executor(), options, use_future);
        auto far = listener.accept();
        far.expect_header();
        far.send_start(true, "PLAIN AMQPLAIN");
        const auto what = failure_of(std::move(opening));
        CHECK(what.code() == errc::no_common_mechanism);
        CHECK(std::string{what.what()} ==
              "no login mechanism is common to both sides: the server offers 'PLAIN AMQPLAIN', we "
              "can use 'EXTERNAL'");
        far.expect_eof();
        CHECK(client.ended());
    }

    TEST_CASE("credentials can be asked for at each login, on the connection's strand") {
        auto options = options_for(0);
        int asked = 0;
        options.credentials_provider = [&](proto::credentials& who) {
            who = {"app", "token " + std::to_string(++asked)};
            return std::error_code{};
        };
        CHECK((login_of(options, "PLAIN")->response == std::string_view{"\0app\0token 1", 12}));
        CHECK((login_of(options, "PLAIN")->response == std::string_view{"\0app\0token 2", 12}));
    }

    TEST_CASE("whoever provides credentials can refuse") {
        client_thread client;
        server listener;
        auto options = options_for(listener.port());
        options.credentials_provider = [](proto::credentials&) {
            return make_error_code(std::errc::timed_out);
        };
        auto opening = connection::connect(client.executor(), options, use_future);
        auto far = listener.accept();
        const auto what = failure_of(std::move(opening));
        CHECK(what.code() == std::errc::timed_out);
        CHECK(std::string{what.what()}.find("no credentials to log in with") != std::string::npos);
        far.expect_eof(); // without a word
        CHECK(client.ended());
    }

    TEST_CASE("a secret is renewed") {
        connected with;
        auto renewing = with.near.update_secret("new token", "it expires", use_future);
        const auto asked = with.far.expect<c::update_secret>();
        CHECK(asked.channel == 0);
        CHECK(asked->new_secret == "new token");
        CHECK(asked->reason == "it expires");
        with.far.send(0, c::update_secret_ok{});
        take(std::move(renewing));
        with.near = {};
        with.far.expect_goodbye();
    }

    TEST_CASE("a secret that is refused ends the connection") {
        connected with;
        const auto channel = with.open_channel();
        auto renewing = with.near.update_secret("new token", "it expires", use_future);
        with.far.expect<c::update_secret>();
        with.far.send(0, c::close{530, "NOT_ALLOWED - New secret was refused", 10, 70});
        const auto what = failure_of(std::move(renewing));
        CHECK(what.code() == reply_code::not_allowed);
        CHECK(std::string{what.what()} == "NOT_ALLOWED - New secret was refused");
        with.far.expect<c::close_ok>();
        CHECK(with.client.ended());
    }

    TEST_CASE("a secret of which nothing is heard ends the connection") {
        auto options = options_for(0);
        options.protocol.request_timeout = 100ms;
        connected with{{}, options};
        auto renewing = with.near.update_secret("new token", "it expires", use_future);
        with.far.expect<c::update_secret>();
        CHECK(failure_of(std::move(renewing)).code() == errc::request_timed_out);
        CHECK(with.far.expect<c::close>()->reply_code == 320);
        with.far.send(0, c::close_ok{});
        CHECK(with.client.ended());
    }
}
