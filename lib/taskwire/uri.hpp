#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskwire {

// The options in the query part of an AMQP URI; what is not there is absent here.
// Units: as the names say.
// Source: RabbitMQ's URI query parameters.
struct uri_query {
    std::optional<std::uint16_t> heartbeat_s;
    std::optional<std::uint32_t> connection_timeout_ms;
    std::optional<std::uint16_t> channel_max;
    std::optional<std::uint32_t> frame_max;
    std::vector<std::string> auth_mechanisms; // in the order of preference that the URI gives
    std::optional<std::string> cacertfile;
    std::optional<std::string> certfile;
    std::optional<std::string> keyfile;
    std::optional<std::string> key_password; // "password": that of the private key
    std::optional<bool> verify_peer;
    std::optional<std::string> server_name_indication; // "disable" = send none
    std::vector<std::string>
        unknown_keys; // as written; nothing was done with them: worth a warning

    friend bool operator==(const uri_query&, const uri_query&) = default;
};

// An AMQP URI taken apart: what it says, and no more. Absent parts are nullopt, empty ones "".
// Source: RabbitMQ's AMQP URI specification.
struct uri {
    bool tls = false;
    std::optional<std::string> user;
    std::optional<std::string> password;
    std::optional<std::string> host; // an IPv6 address comes without its brackets
    std::optional<std::uint16_t> port;
    std::optional<std::string> vhost;
    uri_query query;

    friend bool operator==(const uri&, const uri&) = default;
};

// Why a URI was refused; converts to true if it was. The message shows the URI redacted.
struct uri_error {
    std::string message;

    explicit operator bool() const { return !message.empty(); }
};

// Parses `text`; `out` is assigned only on success.
// Errors: returned; nothing is thrown but bad_alloc.
uri_error parse_uri(std::string_view text, uri& out);

// Where to connect and as whom: a URI with every absent part replaced by its default.
struct endpoint_options {
    bool tls = false;
    std::string user = "guest";
    std::string password = "guest";
    std::string host = "localhost";
    std::uint16_t port = 5672;
    std::string vhost = "/";
    uri_query query;
};

// An empty vhost becomes "/" as well: `amqp://host/` means the vhost that every broker has.
endpoint_options apply_defaults(const uri& parsed);

// `text` with the passwords replaced by ***. It works on what cannot be parsed too, and then hides
// too much rather than too little: a password with an unescaped '/' or '@' must not reach a log.
std::string redacted(std::string_view text);

} // namespace taskwire
