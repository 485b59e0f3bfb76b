#pragma once

#include <string>
#include <string_view>

struct ssl_ctx_st; // OpenSSL's SSL_CTX

namespace taskwire::test {

/// Where `support/certificates.sh` put the file of that name.
std::string certificate_path(std::string_view file);

/// How a scripted server shows itself to TLS clients, and whom it accepts.
class tls_identity {
  public:
    /// One of the certificates of `support/certificates.sh`.
    explicit tls_identity(const std::string& name = "server");
    tls_identity(const tls_identity&) = delete;
    tls_identity& operator=(const tls_identity&) = delete;
    ~tls_identity();

    /// Nobody gets in without a certificate of our authority.
    void demand_client_certificate();
    /// No newer version of TLS than this: 1 or 2 for 1.1 or 1.2.
    void limit_version(int minor);

    ssl_ctx_st* native() const { return context_; }

  private:
    ssl_ctx_st* context_;
};

} // namespace taskwire::test
