#include <doctest/doctest.h>

#include <string>

#include <support/script.hpp>

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace taskwire;
using namespace taskwire::test;

namespace {

constexpr auto tuned = "0 connection.tune-ok channel_max=2047 frame_max=131072 heartbeat=60";

/// A script up to the login.
script login(const proto::connection_options& options = {}, bool failure_close = true) {
    script talk{options};
    talk.expect("AMQP 0 0 9 1");
    talk.server(server_start("PLAIN AMQPLAIN", failure_close));
    return talk;
}

} // namespace

TEST_CASE("a login with PLAIN") {
    login()
        .expect("0 connection.start-ok client_properties={product=S:taskwire version=S:0.1.0 "
                "platform=S:C++20 information=S:AMQP 0-9-1 client for work queues "
                "capabilities=F:{publisher_confirms=t:1 exchange_exchange_bindings=t:1 "
                "basic.nack=t:1 consumer_cancel_notify=t:1 connection.blocked=t:1 "
                "authentication_failure_close=t:1}} mechanism=PLAIN "
                "response=\\x00guest\\x00guest locale=en_US")
        .server(method(0, spec::connection::tune{2047, 131072, 60}))
        .expect(tuned)
        .expect("0 connection.open virtual_host=/")
        .server(method(0, spec::connection::open_ok{}))
        .event("opened")
        .check([](world& w) {
            CHECK(w.machine.state() == proto::connection_state::open);
            CHECK(w.machine.server_properties().find("product")->as_string() == "RabbitMQ");
        })
        .replay();
}

TEST_CASE("our own properties and the connection's name are announced") {
    proto::connection_options options;
    options.connection_name = "worker 7";
    options.client_properties = table{{"product", "my tool"}, {"x", 1}};
    options.virtual_host = "jobs";
    options.credentials = {"u", "p"};
    login(options)
        .expect("0 connection.start-ok client_properties={product=S:my tool x=I:1 "
                "version=S:0.1.0 platform=S:C++20 information=S:AMQP 0-9-1 client for work queues "
                "connection_name=S:worker 7 capabilities=F:{...")
        .server(method(0, spec::connection::tune{2047, 131072, 60}))
        .expect(tuned)
        .expect("0 connection.open virtual_host=jobs")
        .replay();
}

TEST_CASE("the handshake in literal bytes") {
    world w{{}};
    std::string start("\x01\0\0\0\0\0\x25\0\x0a\0\x0a\0\x09\0\0\0\0\0\0\0\x0e"
                      "AMQPLAIN PLAIN\0\0\0\x05"
                      "en_US\xce",
                      45);
    REQUIRE(start.size() == 45);
    w.receive(start);
    w.receive("\x01\0\0\0\0\0\x0c\0\x0a\0\x1e\x07\xff\0\x02\0\0\0\x3c\xce"s);
    w.receive("\x01\0\0\0\0\0\x05\0\x0a\0\x29\0\xce"s);
    CHECK(w.next_event() == "opened");
}

TEST_CASE("a server of another version says so with its own header") {
    script{}
        .expect("AMQP 0 0 9 1")
        .server("AMQP\0\0\x09\x02"s)
        .event("closed the server does not speak AMQP 0-9-1 'the server wants AMQP 0-9-2' by peer")
        .replay();
    script{}
        .expect("AMQP 0 0 9 1")
        .server("AMQP\x03\x01\0\0"s)
        .event("closed the server does not speak AMQP 0-9-1 'the server wants AMQP 1-0-0' by peer")
        .replay();
}

TEST_CASE("a server of another version may say so in connection.start") {
    script{}
        .expect("AMQP 0 0 9 1")
        .server(method(0, spec::connection::start{8, 0, {}, "PLAIN", "en_US"}))
        .event("closed the server does not speak AMQP 0-9-1 'the server wants AMQP 8-0' for 10,10")
        .replay();
}

TEST_CASE("something else that answers is not AMQP") {
    script{}
        .expect("AMQP 0 0 9 1")
        .server("AMBER")
        .event("closed a frame has an unknown type 'a frame has an unknown type'")
        .replay();
    script{}
        .expect("AMQP 0 0 9 1")
        .server("AMQP")
        .pass(10s)
        .event("closed the handshake took too long...")
        .replay();
    script{}
        .expect("AMQP 0 0 9 1")
        .server("HTTP/1.1 400 Bad Request\r\n\r\n")
        .event("closed a frame has an unknown type 'a frame has an unknown type'")
        .replay();
}

TEST_CASE("a TLS server answers with an alert") {
    script{}
        .expect("AMQP 0 0 9 1")
        .server("\x15\x03\x03\0\x02\x02\x0a"s)
        .event("closed the server speaks TLS only 'it answers with a TLS alert' by peer")
        .replay();
}

TEST_CASE("a transport that knows why it is lost is believed") {
    login()
        .expect("0 connection.start-ok ...")
        .client([](world& w) { w.lose(errc::client_certificate_refused); })
        .event("closed the server wants another client certificate")
        .replay();
}

TEST_CASE("no common mechanism: the error lists both sides") {
    proto::connection_options options;
    options.mechanisms = {"EXTERNAL", "PLAIN"};
    script{options}
        .expect("AMQP 0 0 9 1")
        .server(server_start("CRAM-MD5 AMQPLAIN"))
        .event("closed no login mechanism is common to both sides 'the server offers 'CRAM-MD5 "
               "AMQPLAIN', we can use 'EXTERNAL PLAIN'' for 10,10")
        .replay();
}

TEST_CASE("EXTERNAL logs in without a response") {
    proto::connection_options options;
    options.mechanisms = {"EXTERNAL"};
    options.client_properties = table{};
    world w{options};
    w.receive(server_start("PLAIN EXTERNAL"));
    CHECK(w.next_frame() == "AMQP 0 0 9 1");
    CHECK(w.next_frame().ends_with(" mechanism=EXTERNAL locale=en_US"));
}

TEST_CASE("credentials with NUL never leave, and are not told") {
    proto::connection_options options;
    options.credentials.password = "secret\0word"s;
    script{options}
        .expect("AMQP 0 0 9 1")
        .server(server_start())
        .event("closed user name and password cannot contain NUL 'login' for 10,10")
        .replay();
}

TEST_CASE("a refused login that the server tells") {
    login()
        .expect("0 connection.start-ok ...")
        .server(method(0, spec::connection::close{403, "ACCESS_REFUSED - no", 0, 0}))
        .expect("0 connection.close-ok")
        .event("closed login refused 'ACCESS_REFUSED - no' by peer")
        .replay();
}

TEST_CASE("a refused login that the server does not tell: it drops the connection") {
    login({}, false)
        .expect("0 connection.start-ok ...")
        .client([](world& w) { w.lose(); })
        .event("closed login refused 'the server dropped the connection after the login' by peer")
        .replay();
    login({}, true)
        .expect("0 connection.start-ok ...")
        .client([](world& w) { w.lose(); })
        .event("closed the connection was lost 'Connection reset by peer'")
        .replay();
}

TEST_CASE("a virtual host that is refused") {
    login()
        .expect("0 connection.start-ok ...")
        .server(method(0, spec::connection::tune{2047, 131072, 60}))
        .expect(tuned)
        .expect("0 connection.open virtual_host=/")
        .server(method(0, spec::connection::close{530, "NOT_ALLOWED - vhost / not found", 10, 40}))
        .expect("0 connection.close-ok")
        .event("closed NOT_ALLOWED (530) 'NOT_ALLOWED - vhost / not found' by peer for 10,40")
        .replay();
}

TEST_CASE("403 is a refused login only as the answer to the login") {
    login()
        .expect("0 connection.start-ok ...")
        .server(method(0, spec::connection::tune{2047, 131072, 60}))
        .expect(tuned)
        .expect("0 connection.open virtual_host=/")
        .server(method(0, spec::connection::close{403, "ACCESS_REFUSED - vhost", 10, 40}))
        .expect("0 connection.close-ok")
        .event("closed ACCESS_REFUSED (403) 'ACCESS_REFUSED - vhost' by peer for 10,40")
        .replay();
}

TEST_CASE("a virtual host that cannot be sent") {
    proto::connection_options options;
    options.virtual_host = "";
    login(options)
        .expect("0 connection.start-ok ...")
        .server(method(0, spec::connection::tune{2047, 131072, 60}))
        .event("closed a name is empty or holds a character that is not allowed 'virtual host' for "
               "10,40")
        .replay();
}

TEST_CASE("a login that does not fit the frame size before tune stays here") {
    proto::connection_options options;
    options.credentials.password = std::string(8192, 'p');
    login(options)
        .event("closed the properties do not fit one frame 'client properties and credentials "
               "exceed one frame' for 10,11")
        .replay();
    options.credentials.password = std::string(7000, 'p'); // a long token fits
    login(options).expect("0 connection.start-ok ...").replay();
}

TEST_CASE("the handshake has a deadline, in each of its states") {
    constexpr auto too_late = "closed the handshake took too long 'the broker did not finish the "
                              "handshake in time'";
    script{}.expect("AMQP 0 0 9 1").pass(9999ms).pass(1ms).event(too_late).replay();
    login().expect("0 connection.start-ok ...").pass(10s).event(too_late).replay();
    login()
        .expect("0 connection.start-ok ...")
        .pass(6s)
        .server(method(0, spec::connection::tune{2047, 131072, 60}))
        .expect(tuned)
        .expect("0 connection.open virtual_host=/")
        .pass(4s)
        .event(too_late)
        .replay();
}

TEST_CASE("methods out of turn end the handshake without a close") {
    const auto unexpected = [](const char* name, const char* id) {
        return "closed a method is not legal in this state '"s + name + "' for " + id;
    };
    script{}
        .expect("AMQP 0 0 9 1")
        .server(method(0, spec::connection::tune{}))
        .event(unexpected("connection.tune", "10,30"))
        .replay();
    login()
        .expect("0 connection.start-ok ...")
        .server(server_start())
        .event(unexpected("connection.start", "10,10"))
        .replay();
    login()
        .expect("0 connection.start-ok ...")
        .server(method(0, spec::connection::open_ok{}))
        .event(unexpected("connection.open-ok", "10,41"))
        .replay();
    login()
        .expect("0 connection.start-ok ...")
        .server(method(0, spec::connection::secure{"challenge"}))
        .event("closed a method is not legal in this state 'the login mechanism knows no "
               "challenge' for 10,20")
        .replay();
    login()
        .expect("0 connection.start-ok ...")
        .server(method(1, spec::channel::open_ok{}))
        .event("closed a frame is for a channel that is not open 'channel.open-ok on channel 1' "
               "for 20,11")
        .replay();
}

TEST_CASE("a client that closes during the handshake just leaves") {
    script{}
        .expect("AMQP 0 0 9 1")
        .client([](world& w) { w.close(); })
        .event("closed none")
        .replay();
    login()
        .expect("0 connection.start-ok ...")
        .client([](world& w) { w.close(); })
        .event("closed none")
        .replay();
}

TEST_CASE("nothing can be asked before the connection is open") {
    script{}
        .expect("AMQP 0 0 9 1")
        .client([](world& w) {
            CHECK(w.open() == proto::channel_id{});
            w.request({0, 0}, spec::connection::update_secret{"s", "r"});
        })
        .event("failed 0.0 #1 the connection is closed")
        .event("failed 0.0 #2 the connection is closed")
        .replay();
}
