#pragma once

#include <string>

#include <taskwire/proto/sasl.hpp>

namespace taskwire {

/// How a connection to an endpoint with `tls` is protected. The defaults verify the server against
/// the system's trust store, by the endpoint's host name or IP address; TLS 1.2 is the least.
///
/// Files are PEM. They are read anew for every connection, so a renewed certificate is taken up by
/// the next one. Every copy wipes its passphrase at its end.
struct tls_options {
    std::string ca_file{};          ///< trusted certificates, instead of the system's
    std::string ca_directory{};     ///< likewise, named by hash (`openssl rehash`)
    std::string crl_file{};         ///< revoked certificates; "": revocation is not checked
    std::string certificate_file{}; ///< our own, followed by its issuers; "": none
    std::string key_file{};         ///< its key; "": it stands in `certificate_file`
    std::string key_passphrase{};

    std::string server_name{};    ///< to be told (SNI) and verified instead of the endpoint's host
    bool send_server_name = true; ///< never sent for an IP address

    /// Takes whoever answers for the broker. Anybody on the way can then read and change all.
    bool insecure_no_verification = false;

    ~tls_options() { proto::wipe(key_passphrase); }
};

} // namespace taskwire
