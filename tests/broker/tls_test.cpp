#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <future>
#include <string>

#include <support/long_run.hpp>

#include "broker.hpp"
#include "tls_identity.hpp"

using namespace taskwire;
using namespace taskwire::test;

namespace {

taskwire::error refusal_of(const connect_options& options) {
    client_thread client;
    return failure_of(connection::connect(client.executor(), options, use_future));
}

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

/// What it took, here and in all.
struct cost {
    double cpu_ms_per_mebibyte;
    double mebibytes_per_s;
};

/// Publishes so many bytes; only confirms come back.
cost publish_volume(connect_options options, std::size_t total) {
    constexpr std::size_t body_size = 32 * 1024;
    options.protocol.heartbeat = 0s;
    std::size_t confirmed = 0;
    std::size_t settled = 0;
    std::promise<void> all; // a future from drain may be ready before the last outcome is told
    on_broker with{options};
    const auto on = with.open_channel();
    table arguments{{"x-max-length", 100}}; // the broker need not keep it all
    const auto queue =
        std::string{take(on.request(spec::queue::declare{.exclusive = true, .arguments = arguments},
                                    use_future))
                        ->queue};
    const auto to = with.open_publisher();
    const std::size_t count = total / body_size;
    const std::string body(body_size, 'x');
    const auto begin = std::chrono::steady_clock::now();
    const auto cpu_begin = std::clock();
    for (std::size_t i = 0; i < count; ++i) {
        if (i % 16 == 0)
            take(to.ready(use_future));
        to.publish({.routing_key = queue}, {}, body, [&](const publish_outcome& what) {
            confirmed += what.confirmed() ? 1 : 0;
            if (++settled == count)
                all.set_value();
        });
    }
    take(all.get_future());
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    const auto cpu_s = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
    CHECK(confirmed == count);
    take(with.near.close(use_future));
    const auto mebibytes = static_cast<double>(total / mebibyte);
    return {1'000 * cpu_s / mebibytes, mebibytes / spent.count()};
}

} // namespace

TEST_SUITE("tls") {
    TEST_CASE("there and back") {
        for (const char* host : {"127.0.0.1", "localhost"}) {
            CAPTURE(host);
            auto options = shared_broker_with_tls();
            options.endpoints[0].host = host;
            on_broker with{options};
            const auto queue = with.new_queue();
            const auto to = with.open_publisher();
            const auto from = with.consume(queue);
            const std::string large(3 * mebibyte, 'x');
            for (const std::string& body : {std::string{"small"}, large}) {
                auto publishing =
                    to.publish({.routing_key = queue, .mandatory = true}, {}, body, use_future);
                CHECK(take(std::move(publishing)).confirmed());
                const auto got = take(from.next(use_future));
                CHECK((got.body() == body));
                CHECK(take(from.ack(got, use_future)) == settle_result::sent);
            }
        }
    }

    TEST_CASE("the wrong kind of port") {
        auto options = shared_broker();
        options.endpoints[0].tls = true;
        CHECK(refusal_of(options).code() == errc::tls_not_spoken);
        options = shared_broker_with_tls();
        options.endpoints[0].tls = false;
        CHECK(refusal_of(options).code() == errc::tls_required);
    }

    TEST_CASE("certificates that one side does not accept") {
        auto options = shared_broker_with_tls();
        options.tls.ca_file = certificate_path("other-ca.pem");
        CHECK(refusal_of(options).code() == errc::certificate_untrusted);
        options = shared_broker_with_tls();
        for (const std::string name : {"client-expired", "client-stranger"}) {
            CAPTURE(name);
            options.tls.certificate_file = certificate_path(name + ".pem");
            options.tls.key_file = certificate_path(name + ".key");
            CHECK(refusal_of(options).code() == errc::client_certificate_refused);
        }
    }

    TEST_CASE("a volume flows with nothing but confirms coming back") {
        const std::size_t total = (is_long_run() ? 1024 : 64) * mebibyte;
        const auto plain = publish_volume(shared_broker(), total);
        const auto tls = publish_volume(shared_broker_with_tls(), total);
        const auto report = [total](const std::string& way, const cost& of) {
            MESSAGE((total / mebibyte)
                    << " MiB on " << way << ": " << of.mebibytes_per_s << " MiB/s, client CPU "
                    << of.cpu_ms_per_mebibyte << " ms/MiB");
        };
        report("TCP", plain);
        report("TLS", tls);
    }
}
