#include <doctest/doctest.h>

#include "broker.hpp"
#include "tls_identity.hpp"

using namespace taskwire;
using namespace taskwire::test;

TEST_SUITE("login") {
    TEST_CASE("PLAIN and AMQPLAIN, with the right password and with a wrong one") {
        for (const char* mechanism : {"PLAIN", "AMQPLAIN"}) {
            CAPTURE(mechanism);
            auto options = shared_broker();
            options.protocol.mechanisms = {mechanism};
            on_broker with{options};
            CHECK(!with.new_queue().empty());
            options.protocol.credentials.password = "wrong";
            client_thread client;
            const auto what =
                failure_of(connection::connect(client.executor(), options, use_future));
            CHECK(what.code() == errc::login_refused);
            CHECK(std::string{what.what()}.find("wrong") == std::string::npos);
        }
    }

    TEST_CASE("EXTERNAL: the user is the one of the certificate") {
        control_shared_broker("add_user taskwire-client unused");
        control_shared_broker("set_permissions taskwire-client '.*' '.*' '.*'");
        auto options = shared_broker_with_tls();
        options.protocol.mechanisms = {"EXTERNAL"};
        SUBCASE("with a certificate") {
            options.tls.certificate_file = certificate_path("client.pem");
            options.tls.key_file = certificate_path("client-encrypted.key");
            options.tls.key_passphrase = "let me in";
            on_broker with{options};
            const auto queue = with.new_queue();
            const auto to = with.open_publisher();
            // The broker refuses a message that claims to be of another user (406).
            CHECK(take(to.publish({.routing_key = queue}, {.user_id = "taskwire-client"}, "mine",
                                  use_future))
                      .confirmed());
            CHECK(take(to.publish({.routing_key = queue}, {.user_id = "guest"}, "not mine",
                                  use_future))
                      .what() == publish_outcome::kind::unknown);
        }
        SUBCASE("without one the broker offers it all the same, and refuses it") {
            client_thread client;
            const auto what =
                failure_of(connection::connect(client.executor(), options, use_future));
            CHECK(what.code() == errc::login_refused);
        }
        control_shared_broker("delete_user taskwire-client");
    }

    /// Source: rabbit_auth_backend_internal of 3.10: its secrets do not expire, and it takes any.
    TEST_CASE("a secret is renewed, and the connection lives on") {
        on_broker with;
        take(with.near.update_secret("a new one", "the old one expires", use_future));
        CHECK(!with.new_queue().empty());
    }

    TEST_CASE("credentials are asked for at each login") {
        auto options = shared_broker();
        int asked = 0;
        options.credentials_provider =
            [&asked, right = options.protocol.credentials](proto::credentials& who) {
                who = right;
                ++asked;
                return std::error_code{};
            };
        options.protocol.credentials = {"nobody", "nothing"};
        for (int i = 1; i <= 2; ++i) {
            on_broker with{options};
            CHECK(asked == i);
        }
    }
}
