#include <doctest/doctest.h>

#include <cstdlib>

#include <asio/detached.hpp>

#include <taskwire/client.hpp>

#include "tls_client.hpp"

/// Who is accepted, on either side of TLS.
using namespace taskwire;
using namespace taskwire::test;

namespace {

/// What becomes of a connection to a server of that identity.
struct attempt {
    std::error_code code; ///< none: it opens
    std::string text;
    std::string server_name; ///< that the server was asked for
};

attempt try_to_connect(const tls_identity& as, connect_options options) {
    client_thread client;
    server listener;
    options.endpoints[0].port = listener.port();
    auto opening = connection::connect(client.executor(), options, use_future);
    auto far = listener.accept();
    attempt result;
    const bool accepted = far.secure(as);
    result.server_name = far.server_name();
    if (accepted) {
        far.open();
        take(std::move(opening)).close(asio::detached);
        far.expect_goodbye();
    } else {
        far.hang_up();
        const auto what = failure_of(std::move(opening));
        result = {what.code(), what.what(), result.server_name};
    }
    CHECK(client.ended());
    return result;
}

} // namespace

TEST_SUITE("tls") {
    TEST_CASE("the server's certificate decides") {
        struct row {
            const char* certificate;
            const char* host;
            std::error_code expected;
            const char* text;
        };
        for (const auto& [certificate, host, expected, text] : {
                 row{"server", "127.0.0.1", {}, ""}, row{"server", "localhost", {}, ""},
                 row{"name-only", "localhost", {}, ""},
                 row{"name-only", "127.0.0.1", errc::certificate_wrong_name,
                     "it is for DNS:localhost"},
                 row{"wrong-name", "localhost", errc::certificate_wrong_name,
                     "it is for DNS:elsewhere.example"},
                 row{"wrong-ip", "127.0.0.1", errc::certificate_wrong_name,
                     "it is for IP Address:192.0.2.1"},
                 row{"expired", "127.0.0.1", errc::certificate_expired,
                     "CN=taskwire test expired, until "},
                 row{"not-yet-valid", "127.0.0.1", errc::certificate_not_yet_valid,
                     "CN=taskwire test not-yet-valid, from "},
                 row{"self-signed", "127.0.0.1", errc::certificate_untrusted,
                     "(self-signed certificate)"},
                 row{"stranger", "127.0.0.1", errc::certificate_untrusted,
                     "issued by CN=taskwire test other-ca ("},
                 row{"client", "127.0.0.1", errc::certificate_refused, "purpose"},
                 row{"revoked", "127.0.0.1", {}, ""}, // nobody asked
             }) {
            CAPTURE(certificate);
            CAPTURE(host);
            const auto got = try_to_connect(tls_identity{certificate}, secure_options(0, host));
            CHECK(got.code == expected);
            CAPTURE(got.text);
            CHECK(contains(got.text, text));
            if (expected)
                CHECK(contains(got.text, std::string{": "} + host + ":"));
        }
    }

    TEST_CASE("a client does not try again what the server's certificate forbids") {
        const tls_identity stranger{"stranger"};
        client_thread runner;
        server listener;
        client_options options;
        options.connect = secure_options(listener.port());
        auto opening = client::open(runner.executor(), options, use_future);
        auto far = listener.accept();
        CHECK(!far.secure(stranger));
        far.hang_up();
        CHECK(failure_of(std::move(opening)).code() == errc::certificate_untrusted);
        CHECK(runner.ended());
    }

    TEST_CASE("a revocation list is heeded") {
        auto options = secure_options(0);
        options.tls.crl_file = certificate_path("crl.pem");
        const auto got = try_to_connect(tls_identity{"revoked"}, options);
        CHECK(got.code == errc::certificate_revoked);
        CHECK(contains(got.text, "CN=taskwire test revoked"));
        CHECK(!try_to_connect(tls_identity{}, options).code);
    }

    TEST_CASE("without a file of authorities the system's count") {
        auto options = secure_options(0);
        options.tls.ca_file.clear();
        CHECK(try_to_connect(tls_identity{}, options).code == errc::certificate_untrusted);
        // OpenSSL's own way to name another system's store.
        ::setenv("SSL_CERT_FILE", certificate_path("ca.pem").c_str(), 1);
        CHECK(!try_to_connect(tls_identity{}, options).code);
        ::unsetenv("SSL_CERT_FILE");
    }

    TEST_CASE("verification can be turned off, and only so") {
        auto options = secure_options(0);
        options.tls = {};
        options.tls.insecure_no_verification = true;
        CHECK(!try_to_connect(tls_identity{"self-signed"}, options).code);
        CHECK(!try_to_connect(tls_identity{"wrong-name"}, options).code);
    }

    TEST_CASE("names are told to the server, addresses are not") {
        auto options = secure_options(0, "localhost");
        CHECK(try_to_connect(tls_identity{}, options).server_name == "localhost");
        options.tls.send_server_name = false;
        CHECK(try_to_connect(tls_identity{}, options).server_name.empty());
        options = secure_options(0);
        CHECK(try_to_connect(tls_identity{}, options).server_name.empty());
        options.tls.server_name = "elsewhere.example"; // through a tunnel, say
        const auto got = try_to_connect(tls_identity{"wrong-name"}, options);
        CHECK(got.server_name == "elsewhere.example");
        CHECK(!got.code);
        CHECK(try_to_connect(tls_identity{}, options).code == errc::certificate_wrong_name);
    }

    TEST_CASE("a client certificate, in both versions of TLS") {
        for (const int version : {2, 3}) {
            CAPTURE(version);
            tls_identity demanding;
            demanding.demand_client_certificate();
            if (version == 2)
                demanding.limit_version(2);
            auto options = secure_options(0);
            auto got = try_to_connect(demanding, options);
            CHECK(got.code == errc::client_certificate_refused);
            options.tls.certificate_file = certificate_path("client.pem");
            options.tls.key_file = certificate_path("client.key");
            CHECK(!try_to_connect(demanding, options).code);
            options.tls.key_file = certificate_path("client-encrypted.key");
            options.tls.key_passphrase = "let me in";
            CHECK(!try_to_connect(demanding, options).code);
            for (const std::string name : {"client-expired", "client-stranger"}) {
                CAPTURE(name);
                options.tls.certificate_file = certificate_path(name + ".pem");
                options.tls.key_file = certificate_path(name + ".key");
                CHECK(try_to_connect(demanding, options).code == errc::client_certificate_refused);
            }
        }
    }

    TEST_CASE("options that cannot be used are told before anything is sent") {
        struct row {
            const char* name;
            tls_options options;
            std::string text;
        };
        const auto cert = certificate_path("client.pem");
        const auto key = certificate_path("client-encrypted.key");
        const std::string cannot_read_key = "cannot read its key, or it needs another passphrase, "
                                            "from '" +
                                            key + "'";
        const row rows[] = {
            {"no file", {.ca_file = "/nowhere/ca.pem"}, "'/nowhere/ca.pem': No such file"},
            {"no certificates", {.ca_file = key}, "cannot read certificates from '" + key + "'"},
            {"no list", {.crl_file = cert}, "cannot read revoked certificates from '" + cert + "'"},
            {"no certificate", {.certificate_file = key}, "cannot read our certificate from"},
            {"no passphrase", {.certificate_file = cert, .key_file = key}, cannot_read_key},
            {"wrong passphrase",
             {.certificate_file = cert, .key_file = key, .key_passphrase = "s3cret"},
             cannot_read_key},
            {"another's key",
             {.certificate_file = cert, .key_file = certificate_path("server.key")},
             "server.key'"},
            {"a key alone", {.key_file = key}, "a key without its certificate"},
        };
        for (const auto& [name, tls, text] : rows) {
            CAPTURE(name);
            client_thread client;
            server listener;
            auto options = secure_options(listener.port());
            options.tls = tls;
            auto opening = connection::connect(client.executor(), options, use_future);
            auto far = listener.accept();
            const auto what = failure_of(std::move(opening));
            CHECK(what.code() == errc::tls_options_refused);
            CAPTURE(what.what());
            CHECK(contains(what.what(), text));
            CHECK(!contains(what.what(), "s3cret"));
            far.expect_eof();
            CHECK(client.ended());
        }
    }

    TEST_CASE("TLS 1.1 is not enough") {
        tls_identity old;
        old.limit_version(1);
        const auto got = try_to_connect(old, secure_options(0));
        CHECK(got.code == errc::tls_failed);
        CHECK(contains(got.text, "the server has no TLS 1.2 or newer"));
    }
}
