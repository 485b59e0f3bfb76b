#include <common/advice.hpp>

#include <asio/error.hpp>
#include <doctest/doctest.h>

using namespace taskwire::tools;
using taskwire::errc;
using taskwire::reply_code;

namespace {

const advice_context context{"taskwire-producer", "mq1:5671", "app", "nov", "q"};

advice of(std::error_code code, std::string_view text = {}) {
    return advise(code, text, context);
}

} // namespace

TEST_CASE("login refused") {
    const auto said = of(errc::login_refused, "ACCESS_REFUSED - Login was refused");
    CHECK(said.problem == "login refused for user 'app' at mq1:5671");
    CHECK(said.remedy ==
          "check the password in --url-file or $AMQP_URL; 'guest' works only from localhost");
    CHECK(to_int(said.code) == 77);
}

TEST_CASE("vhosts") {
    const auto missing = of(reply_code::not_allowed, "NOT_ALLOWED - vhost nov not found");
    CHECK(missing.problem == "no vhost 'nov'");
    CHECK(missing.remedy ==
          "the default vhost is written %2f; create one: rabbitmqctl add_vhost nov");
    CHECK(to_int(missing.code) == 77);
    const auto refused =
        of(reply_code::not_allowed, "NOT_ALLOWED - access to vhost 'nov' refused for user 'app'");
    CHECK(refused.problem == "user 'app' may not use vhost 'nov'");
    CHECK(refused.remedy == "rabbitmqctl set_permissions -p nov app '.*' '.*' '.*'");
    CHECK(to_int(refused.code) == 77);
}

TEST_CASE("what does not exist") {
    const auto queue = of(reply_code::not_found, "NOT_FOUND - no queue 'x y' in vhost 'nov'");
    CHECK(queue.problem == "queue 'x y' does not exist");
    CHECK(queue.remedy == "taskwire-producer --create 'x y' …, or start a worker first");
    CHECK(to_int(queue.code) == 78);
    const auto exchange = of(reply_code::not_found, "NOT_FOUND - no exchange 'ex' in vhost 'nov'");
    CHECK(exchange.problem == "exchange 'ex' does not exist");
    CHECK(to_int(exchange.code) == 78);
}

TEST_CASE("preconditions that failed") {
    const auto other =
        of(reply_code::precondition_failed,
           "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost 'nov': "
           "received 'true' but current is 'false'");
    CHECK(other.problem == "queue 'q' exists with other arguments: inequivalent arg 'durable' for "
                           "queue 'q' in vhost 'nov': received 'true' but current is 'false'");
    CHECK(to_int(other.code) == 78);
    const auto late = of(reply_code::precondition_failed,
                         "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. "
                         "Timeout value used: 1800000 ms. This timeout value can be configured");
    CHECK(late.problem ==
          "a task ran longer than the 30m00s that the broker allows; it has been requeued");
    CHECK(to_int(late.code) == 75);
    const auto large = of(reply_code::precondition_failed,
                          "PRECONDITION_FAILED - message size 20971520 is larger than configured "
                          "max size 16777216");
    CHECK(large.problem == "a task is 20 MiB; the broker takes 16 MiB");
    CHECK(to_int(large.code) == 1);
    CHECK(refused_size("message size 20971520 is larger than configured max size 16777216") ==
          20971520U);
    CHECK_FALSE(refused_size("NOT_FOUND - no queue 'q'").has_value());
}

TEST_CASE("permissions") {
    const auto said = of(reply_code::access_refused,
                         "ACCESS_REFUSED - access to queue 'q' in vhost 'nov' refused for user "
                         "'app'");
    CHECK(said.problem == "user 'app': access to queue 'q' in vhost 'nov' refused for user 'app'");
    CHECK(to_int(said.code) == 77);
}

TEST_CASE("no broker, no host, no answer") {
    const auto refused = of(asio::error::connection_refused);
    CHECK(refused.problem == "no broker at mq1:5671");
    CHECK(refused.remedy == "is it running? set --url or $AMQP_URL");
    CHECK(to_int(refused.code) == 69);
    CHECK(of(asio::error::host_not_found).problem == "no host of the name in mq1:5671");
    CHECK(of(asio::error::timed_out).problem == "no answer from mq1:5671 in time");
    CHECK(of(asio::error::eof).problem == "the connection to mq1:5671 was lost");
    CHECK(of(errc::connection_lost).problem == "the connection to mq1:5671 was lost");
    CHECK(of(errc::request_timed_out).problem == "the broker at mq1:5671 did not answer in time");
    CHECK(of(errc::handshake_timed_out).problem ==
          "mq1:5671 accepted the connection but does not answer");
    CHECK(of(errc::bad_frame_end).problem == "what answers at mq1:5671 does not speak AMQP 0-9-1");
    CHECK(to_int(of(errc::heartbeat_missed).code) == 69);
}

TEST_CASE("TLS") {
    const auto expired = of(errc::certificate_expired, "mq1:5671: CN=mq1, until yesterday");
    CHECK(expired.problem ==
          "the server's certificate has expired: mq1:5671: CN=mq1, until yesterday");
    CHECK(expired.remedy == "it has to be renewed on the broker; or is the clock wrong here?");
    CHECK(to_int(expired.code) == 69);
    CHECK(of(errc::tls_required, "it answers so").problem ==
          "the server speaks TLS only: mq1:5671");
    CHECK(of(errc::tls_required).remedy == "write amqps:// in --url or $AMQP_URL");
    CHECK(of(errc::tls_not_spoken).remedy.find("amqp://") != std::string::npos);
    CHECK(to_int(of(errc::client_certificate_refused).code) == 77);
    CHECK(to_int(of(errc::tls_options_refused).code) == 78);
    for (const auto code : {errc::certificate_not_yet_valid, errc::certificate_untrusted,
                            errc::certificate_wrong_name, errc::certificate_revoked,
                            errc::certificate_refused, errc::tls_failed}) {
        CHECK(!of(code).remedy.empty());
        CHECK(to_int(of(code).code) == 69);
    }
}

TEST_CASE("the broker stops") {
    const auto said = of(reply_code::connection_forced,
                         "CONNECTION_FORCED - broker forced connection closure with reason "
                         "'shutdown'");
    CHECK(said.problem == "the broker at mq1:5671 closed the connection: broker forced connection "
                          "closure with reason 'shutdown'");
    CHECK(to_int(said.code) == 69);
}

TEST_CASE("paused publishers") {
    CHECK(describe_blocked(true, "low on memory") ==
          "broker paused publishers: low on memory; waiting");
    CHECK(describe_blocked(true, "") == "broker paused publishers; waiting");
    CHECK(describe_blocked(false, "") == "broker takes messages again");
}
