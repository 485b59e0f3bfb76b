#pragma once

#include <string>
#include <string_view>

#include "client.hpp"
#include "tls_identity.hpp"

namespace taskwire::test {

/// Options that trust our authority.
inline connect_options secure_options(std::uint16_t port, const std::string& host = "127.0.0.1") {
    auto options = options_for(port);
    options.endpoints = {{host, port, true}};
    // Handshakes cost time, and more of it under a sanitizer.
    options.connect_timeout = patience;
    options.protocol.handshake_timeout = patience;
    options.protocol.request_timeout = patience;
    options.tls.ca_file = certificate_path("ca.pem");
    return options;
}

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

} // namespace taskwire::test
