#pragma once

#include <string>

#include <openssl/x509.h>

#include <taskwire/detail/diagnosis.hpp>

/// What OpenSSL reports, in words that help whoever has to mend it.
namespace taskwire::detail {

/// Why the chain that `context` has just looked at was not accepted, with whose certificate it is.
diagnosis describe_verification(X509_STORE_CTX* context);

/// How far our own certificate was asked for when TLS failed.
enum class client_certificate { not_wanted, missing, given };

/// What `fault`, from the handshake or a read after it, means.
diagnosis describe_tls_fault(std::error_code fault, client_certificate ours);

} // namespace taskwire::detail
