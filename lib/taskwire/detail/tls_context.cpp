#include <taskwire/detail/tls_context.hpp>

#include <algorithm>
#include <fstream>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <taskwire/error.hpp>

namespace taskwire::detail {
namespace {

/// Our sentence with OpenSSL's last reason, or the system's where that is the cause.
diagnosis refused(std::string text) {
    const auto last = ERR_peek_last_error();
    if (const auto first = ERR_peek_error(); ERR_SYSTEM_ERROR(first))
        text += ": " + std::error_code{ERR_GET_REASON(first), std::generic_category()}.message();
    else if (const char* reason = ERR_reason_error_string(last); reason != nullptr)
        text += std::string{": "} + reason;
    ERR_clear_error();
    return {errc::tls_options_refused, std::move(text)};
}

const char* c_str_or_null(const std::string& path) {
    return path.empty() ? nullptr : path.c_str();
}

/// Without a callback OpenSSL would ask for the passphrase on the terminal, and wait.
int give_passphrase(char* to, int size, int, void* options) {
    const auto& passphrase = static_cast<const tls_options*>(options)->key_passphrase;
    if (passphrase.size() > static_cast<std::size_t>(size))
        return -1;
    std::copy(passphrase.begin(), passphrase.end(), to);
    return static_cast<int>(passphrase.size());
}

diagnosis trust(SSL_CTX* context, const tls_options& options) {
    if (options.ca_file.empty() && options.ca_directory.empty()) {
        if (SSL_CTX_set_default_verify_paths(context) != 1)
            return refused("cannot use the system's trust store");
        return {};
    }
    if (SSL_CTX_load_verify_locations(context, c_str_or_null(options.ca_file),
                                      c_str_or_null(options.ca_directory)) != 1)
        return refused("cannot read certificates from '" +
                       (options.ca_file.empty() ? options.ca_directory : options.ca_file) + "'");
    return {};
}

/// Source: X509_VERIFY_PARAM_set_flags(3): CRL_CHECK looks at the server's own certificate.
diagnosis check_revocation(SSL_CTX* context, const std::string& path) {
    auto* store = SSL_CTX_get_cert_store(context);
    auto* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (lookup == nullptr || X509_load_crl_file(lookup, path.c_str(), X509_FILETYPE_PEM) < 1)
        return refused("cannot read revoked certificates from '" + path + "'");
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    return {};
}

diagnosis show(SSL_CTX* context, const tls_options& options) {
    const auto& key = options.key_file.empty() ? options.certificate_file : options.key_file;
    SSL_CTX_set_default_passwd_cb(context, give_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, const_cast<tls_options*>(&options));
    diagnosis fault;
    if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1)
        fault = refused("cannot read our certificate from '" + options.certificate_file + "'");
    else if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        fault = refused("cannot read its key, or it needs another passphrase, from '" + key + "'");
    else if (SSL_CTX_check_private_key(context) != 1)
        fault = refused("the key in '" + key + "' belongs to another certificate");
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    SSL_CTX_set_default_passwd_cb(context, nullptr);
    return fault;
}

} // namespace

diagnosis configure(asio::ssl::context& context, const tls_options& options) {
    auto* native = context.native_handle();
    ERR_clear_error();
    if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1)
        return refused("this OpenSSL has no TLS 1.2");
    if (!options.insecure_no_verification) {
        if (auto fault = trust(native, options))
            return fault;
        if (!options.crl_file.empty())
            if (auto fault = check_revocation(native, options.crl_file))
                return fault;
    }
    if (!options.certificate_file.empty())
        return show(native, options);
    if (!options.key_file.empty())
        return {errc::tls_options_refused, "a key without its certificate"};
    return {};
}

} // namespace taskwire::detail
