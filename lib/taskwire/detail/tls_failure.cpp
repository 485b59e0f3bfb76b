#include <taskwire/detail/tls_failure.hpp>

#include <memory>

#include <asio/error.hpp>
#include <asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <taskwire/error.hpp>

namespace taskwire::detail {
namespace {

/// Names and dates of a certificate, which its owner chose: never more of them than this.
constexpr std::size_t words_max = 256;

struct free_bio {
    void operator()(BIO* which) const { BIO_free(which); }
};

/// What `print(BIO*)` prints.
template <class Print>
std::string text_of(Print print) {
    const std::unique_ptr<BIO, free_bio> memory{BIO_new(BIO_s_mem())};
    if (!memory)
        return {};
    print(memory.get());
    char* bytes = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(memory.get(), &bytes));
    return std::string{bytes, std::min(size, words_max)};
}

std::string text_of(const ASN1_TIME* when) {
    return text_of([when](BIO* to) { ASN1_TIME_print(to, when); });
}

std::string name_of(const X509* certificate) {
    return text_of([certificate](BIO* to) {
        X509_NAME_print_ex(to, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    });
}

std::string issuer_of(const X509* certificate) {
    return text_of([certificate](BIO* to) {
        X509_NAME_print_ex(to, X509_get_issuer_name(certificate), 0, XN_FLAG_RFC2253);
    });
}

/// "DNS:mq1, IP Address:10.0.0.1"
std::string alternative_names_of(const X509* certificate) {
    auto* names = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    if (names == nullptr)
        return {};
    auto text = text_of([names](BIO* to) {
        for (int at = 0; at < sk_GENERAL_NAME_num(names); ++at) {
            BIO_puts(to, at == 0 ? "" : ", ");
            GENERAL_NAME_print(to, sk_GENERAL_NAME_value(names, at));
        }
    });
    GENERAL_NAMES_free(names);
    return text;
}

errc code_of_verification(int fault) {
    switch (fault) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return errc::certificate_expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return errc::certificate_not_yet_valid;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
        return errc::certificate_untrusted;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return errc::certificate_wrong_name;
    case X509_V_ERR_CERT_REVOKED:
        return errc::certificate_revoked;
    default:
        return errc::certificate_refused;
    }
}

/// What the code leaves open about `certificate`.
std::string particulars(errc code, int fault, const X509* certificate) {
    switch (code) {
    case errc::certificate_expired:
        return name_of(certificate) + ", until " + text_of(X509_get0_notAfter(certificate));
    case errc::certificate_not_yet_valid:
        return name_of(certificate) + ", from " + text_of(X509_get0_notBefore(certificate));
    case errc::certificate_wrong_name: {
        const auto names = alternative_names_of(certificate);
        return "it is for " + (names.empty() ? name_of(certificate) : names);
    }
    case errc::certificate_revoked:
        return name_of(certificate);
    case errc::certificate_untrusted:
        return name_of(certificate) + ", issued by " + issuer_of(certificate) + " (" +
               X509_verify_cert_error_string(fault) + ")";
    default:
        return name_of(certificate) + ": " + X509_verify_cert_error_string(fault);
    }
}

/// Source: RFC 8446, 6.2: the alerts that are about the certificate of whoever gets them.
bool blames_our_certificate(int reason) {
    switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        return true;
    default:
        return false;
    }
}

diagnosis describe_reason(std::error_code fault, client_certificate ours) {
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(fault.value()));
    // TLS 1.2 has no alert for a certificate that was asked for and did not come.
    if (blames_our_certificate(reason) ||
        (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE && ours == client_certificate::missing))
        return {errc::client_certificate_refused,
                ours == client_certificate::given ? fault.message() : "we have none to show"};
    switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER: // its first bytes are no TLS record
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_HTTP_REQUEST:
        return {errc::tls_not_spoken, {}};
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
        return {errc::tls_failed, "the server has no TLS 1.2 or newer"};
    default:
        return {errc::tls_failed, fault.message()};
    }
}

} // namespace

diagnosis describe_verification(X509_STORE_CTX* context) {
    const int fault = X509_STORE_CTX_get_error(context);
    const auto code = code_of_verification(fault);
    const auto* certificate = X509_STORE_CTX_get_current_cert(context);
    if (certificate == nullptr)
        return {code, X509_verify_cert_error_string(fault)};
    return {code, particulars(code, fault, certificate)};
}

diagnosis describe_tls_fault(std::error_code fault, client_certificate ours) {
    if (fault == asio::ssl::error::stream_truncated)
        return {asio::error::eof, {}};
    if (fault.category() == asio::error::get_ssl_category())
        return describe_reason(fault, ours);
    return {fault, {}};
}

} // namespace taskwire::detail
