#include <taskwire/uri.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

using taskwire::apply_defaults;
using taskwire::endpoint_options;
using taskwire::parse_uri;
using taskwire::redacted;
using taskwire::uri;
using taskwire::uri_error;

namespace {

using text = std::optional<std::string>;
using number = std::optional<std::uint16_t>;
constexpr std::nullopt_t none = std::nullopt;

uri parsed(std::string_view input) {
    uri out;
    const uri_error error = parse_uri(input, out);
    INFO(error.message);
    REQUIRE_FALSE(static_cast<bool>(error));
    return out;
}

std::string refusal(std::string_view input) {
    uri out;
    out.host = "untouched";
    const uri_error error = parse_uri(input, out);
    INFO(std::string(input));
    CHECK(static_cast<bool>(error));
    CHECK(out.host == "untouched");
    return error.message;
}

struct vector {
    const char* input;
    text user;
    text password;
    text host;
    number port;
    text vhost;
};

} // namespace

TEST_CASE("an escape at the end is not completed by what lies behind the text") {
    constexpr std::string_view longer = "amqp://h/%41";
    CHECK(parsed(longer).vhost == "A");
    uri out;
    CHECK(parse_uri(longer.substr(0, longer.size() - 1), out));
    CHECK(parse_uri(longer.substr(0, longer.size() - 2), out));
}

TEST_CASE("the vectors of the URI specification") {
    const vector vectors[] = {
        {"amqp://user:pass@host:10000/vhost", "user", "pass", "host", 10000, "vhost"},
        {"amqp://user:passw%23rd@host:10000/vhost", "user", "passw#rd", "host", 10000, "vhost"},
        {"amqp://user%61:%61pass@ho%61st:10000/v%2fhost", "usera", "apass", "hoast", 10000,
         "v/host"},
        {"amqp://", none, none, none, none, none},
        {"amqp://:@/", "", "", none, none, ""},
        {"amqp://user@", "user", none, none, none, none},
        {"amqp://user:pass@", "user", "pass", none, none, none},
        {"amqp://host", none, none, "host", none, none},
        {"amqp://:10000", none, none, none, 10000, none},
        {"amqp:///vhost", none, none, none, none, "vhost"},
        {"amqp://host/", none, none, "host", none, ""},
        {"amqp://host/%2f", none, none, "host", none, "/"},
        {"amqp://[::1]", none, none, "::1", none, none},
        {"amqp://[::1]:5673/v", none, none, "::1", 5673, "v"},
        {"amqp://[fe80::1%25eth0]", none, none, "fe80::1%eth0", none, none},
        {"amqp://u:a:b@h", "u", "a:b", "h", none, none},
        {"amqp://host:65535", none, none, "host", 65535, none},
        {"amqp://host:", none, none, "host", none, none},
        {"amqp://h/a%2Fb%C3%A4", none, none, "h", none, "a/b\xc3\xa4"},
    };
    for (const vector& expected : vectors) {
        CAPTURE(expected.input);
        const uri found = parsed(expected.input);
        CHECK(found.user == expected.user);
        CHECK(found.password == expected.password);
        CHECK(found.host == expected.host);
        CHECK(found.port == expected.port);
        CHECK(found.vhost == expected.vhost);
        CHECK_FALSE(found.tls);
    }
}

TEST_CASE("the scheme is case-insensitive and amqps means TLS") {
    CHECK(parsed("aMQps://host").tls);
    CHECK(parsed("AMQPS://").tls);
    CHECK_FALSE(parsed("AmQp://host").tls);
}

TEST_CASE("an empty query and unknown parameters are accepted") {
    CHECK(parsed("amqp://host?") == parsed("amqp://host"));
    CHECK(parsed("amqp://host?&") == parsed("amqp://host"));
    const uri found = parsed("amqp://host/v?colour=blue&heartbeat=5&x%41&=y");
    CHECK(found.vhost == "v");
    CHECK(found.query.heartbeat_s == 5);
    REQUIRE(found.query.unknown_keys.size() == 2);
    CHECK(found.query.unknown_keys[0] == "colour");
    CHECK(found.query.unknown_keys[1] == "x%41");
}

TEST_CASE("every query parameter") {
    const uri found = parsed("amqps://h?heartbeat=30&connection_timeout=2500&channel_max=2047&"
                             "frame_max=131072&auth_mechanism=external&auth_mechanism=PLAIN&"
                             "cacertfile=/etc/ca%20s.pem&certfile=c.pem&keyfile=k.pem&"
                             "password=p%26w&verify=verify_none&server_name_indication=mq1");
    CHECK(found.query.heartbeat_s == 30);
    CHECK(found.query.connection_timeout_ms == 2500U);
    CHECK(found.query.channel_max == 2047);
    CHECK(found.query.frame_max == 131072U);
    REQUIRE(found.query.auth_mechanisms.size() == 2);
    CHECK(found.query.auth_mechanisms[0] == "external");
    CHECK(found.query.auth_mechanisms[1] == "PLAIN");
    CHECK(found.query.cacertfile == "/etc/ca s.pem");
    CHECK(found.query.certfile == "c.pem");
    CHECK(found.query.keyfile == "k.pem");
    CHECK(found.query.key_password == "p&w");
    CHECK(found.query.verify_peer == false);
    CHECK(found.query.server_name_indication == "mq1");
    CHECK(found.query.unknown_keys.empty());
    CHECK(parsed("amqps://h?verify=verify_peer").query.verify_peer == true);
    CHECK(parsed("amqps://h?server_name_indication=disable").query.server_name_indication ==
          "disable");
    const taskwire::uri_query absent = parsed("amqp://h").query;
    CHECK_FALSE(absent.heartbeat_s.has_value());
    CHECK_FALSE(absent.verify_peer.has_value());
    CHECK(parsed("amqp://?heartbeat=0").query.heartbeat_s == 0);
    CHECK(parsed("amqp://?connection_timeout=4294967295").query.connection_timeout_ms ==
          4294967295U);
}

TEST_CASE("what is refused") {
    for (const char* input : {"",
                              "host",
                              "http://foo/",
                              "amqp:/host",
                              "amqpx://host",
                              "://host",
                              "amqp://foo[::1]",
                              "amqp://[::1]foo",
                              "amqp://[::1",
                              "amqp://[]",
                              "amqp://[g::1]",
                              "amqp://[host]",
                              "amqp://::1",
                              "amqp://foo%1",
                              "amqp://foo%1x",
                              "amqp://foo%xy",
                              "amqp://foo%",
                              "amqp://foo%00",
                              "amqp://u%1@h",
                              "amqp://u:p%zz@h",
                              "amqp://h/%1",
                              "amqp://foo:1000xyz",
                              "amqp://foo:0",
                              "amqp://foo:1000000",
                              "amqp://foo:65536",
                              "amqp://foo:-1",
                              "amqp://foo:+1",
                              "amqp://foo/bar/baz",
                              "amqp://foo//",
                              "amqp://u:p@q@h",
                              "amqp://h/v#x",
                              "amqp://h h",
                              "amqp://host\n",
                              "amqp://h?heartbeat=",
                              "amqp://h?heartbeat",
                              "amqp://h?heartbeat=-1",
                              "amqp://h?heartbeat=1s",
                              "amqp://h?heartbeat=65536",
                              "amqp://h?heartbeat=1&heartbeat=2",
                              "amqp://h?connection_timeout=4294967296",
                              "amqp://h?channel_max=x",
                              "amqp://h?frame_max=4095",
                              "amqp://h?frame_max=99999999999999999999",
                              "amqp://h?auth_mechanism=",
                              "amqp://h?verify=maybe",
                              "amqp://h?verify=verify_peer&verify=verify_none",
                              "amqp://h?cacertfile=",
                              "amqp://h?certfile=a&certfile=b",
                              "amqp://h?x=%1"}) {
        CHECK(refusal(input).starts_with("bad URL '"));
    }
    CHECK(refusal("amqp://h/" + std::string(256, 'v')).ends_with("longer than 255 bytes"));
    CHECK(parsed("amqp://h/" + std::string(255, 'v')).vhost == std::string(255, 'v'));
}

TEST_CASE("the error names the part and hides the password") {
    CHECK(refusal("amqp://me:secret@h:70000") ==
          "bad URL 'amqp://me:***@h:70000': the port must be a number from 1 to 65535 (and a '/' "
          "in a password is written %2f)");
    CHECK(refusal("amqp://me:secret@h/a/b") == "bad URL 'amqp://me:***@h/a/b': the vhost is one "
                                               "segment; a '/' in it must be written %2f");
    CHECK(
        refusal("amqp://me:secret@h?heartbeat=x") ==
        "bad URL 'amqp://me:***@h?heartbeat=x': heartbeat must be a whole number from 0 to 65535");
    for (const char* input : {
             "amqp://me:secret%1@h",          // a bad escape inside of it
             "amqp://me:top/secret@h/v",      // an unescaped '/'
             "amqp://me:to@p@secret@h/v",     // '@'
             "amqp://me:?secret@h/v",         // '?'
             "amqp://me:#secret@h",           // '#'
             "amqp://me:secret @h",           // a space
             "amqp://me:secret",              // the host forgotten
             "amqp://me:secret/v",            // likewise
             "ampq://me:secret@h",            // a misspelt scheme
             "me:secret@h",                   // none
             "amqp:me:secret@h",              // no slashes
             "amqps://h?password=secret&x=%", // that of the key
             "amqps://h?p%61ssword=secret&heartbeat=x",
             "amqps://h:1/?password=secret@secret&heartbeat=x",
         }) {
        const std::string message = refusal(input);
        CHECK(message.find("secret") == std::string::npos);
        CHECK(message.find("***") != std::string::npos);
    }
}

TEST_CASE("redacted") {
    CHECK(redacted("amqp://app:secret@mq1:5671/v?heartbeat=5") ==
          "amqp://app:***@mq1:5671/v?heartbeat=5");
    CHECK(redacted("amqps://app@mq1?cacertfile=a&password=b&x=c") ==
          "amqps://app@mq1?cacertfile=a&password=***&x=c");
    CHECK(redacted("amqp://localhost:5672/") == "amqp://localhost:5672/");
    CHECK(redacted("amqp://[::1]:5672/") == "amqp://[::1]:5672/");
    CHECK(redacted("amqp://:@/") == "amqp://:***@/");
    CHECK(redacted("amqp://a:b@h1,amqp://c:d@h2") == "amqp://a:***@h2");
    CHECK(redacted("amqp://h/\x1b[2J") == "amqp://h/?[2J");
    CHECK(redacted("") == "");
}

TEST_CASE("defaults replace what is absent, and an empty vhost") {
    const endpoint_options bare = apply_defaults(parsed("amqp://"));
    CHECK(bare.user == "guest");
    CHECK(bare.password == "guest");
    CHECK(bare.host == "localhost");
    CHECK(bare.port == 5672);
    CHECK(bare.vhost == "/");
    CHECK_FALSE(bare.tls);
    CHECK(apply_defaults(parsed("amqps://")).port == 5671);
    CHECK(apply_defaults(parsed("amqps://")).tls);
    CHECK(apply_defaults(parsed("amqps://h:99")).port == 99);
    CHECK(apply_defaults(parsed("amqp://host/")).vhost == "/");
    CHECK(apply_defaults(parsed("amqp://host/%2f")).vhost == "/");
    CHECK(apply_defaults(parsed("amqp://host/jobs")).vhost == "jobs");
    const endpoint_options empty = apply_defaults(parsed("amqp://:@/?auth_mechanism=external"));
    CHECK(empty.user.empty());
    CHECK(empty.password.empty());
    REQUIRE(empty.query.auth_mechanisms.size() == 1);
    CHECK(empty.query.auth_mechanisms[0] == "EXTERNAL");
}
