#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <taskwire/proto/options.hpp>
#include <taskwire/tls_options.hpp>

namespace taskwire {

/// A host to try. Names are resolved anew at every attempt.
struct endpoint {
    std::string host = "localhost";
    std::uint16_t port = 5672;
    bool tls = false;
};

/// "host:port", an IPv6 address in brackets.
std::string to_string(const endpoint& where);

/// What `connection::connect` needs to know.
class connect_options {
  public:
    connect_options() = default;

    /// From one URI, or several separated by commas: hosts tried in turn, the rest from the first.
    /// *Errors*: throws std::system_error with errc::bad_uri; passwords are not in its text.
    static connect_options from_uri(std::string_view uris);

    std::vector<endpoint> endpoints{endpoint{}};
    proto::connection_options protocol;
    tls_options tls; ///< of the endpoints with `tls`

    /// Asked on the connection's strand before each login, for a token that expires, say; what it
    /// puts there replaces `protocol.credentials`. An error ends the attempt. It must not throw,
    /// and while it blocks, so does the thread that runs the strand.
    std::function<std::error_code(proto::credentials&)> credentials_provider;

    /// For resolving, connecting and TLS, per endpoint; the login has its own deadline.
    std::chrono::milliseconds connect_timeout{10'000};

    /// Called on the connection's strand when the broker stops or resumes reading. The end of a
    /// connection that is blocked is not told as that of its blocking.
    std::function<void(bool blocked, std::string_view reason)> on_blocked;

    /// Query parameters of the URIs that mean nothing to us: worth a warning.
    std::vector<std::string> unknown_parameters;
};

} // namespace taskwire
