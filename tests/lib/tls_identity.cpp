#include "tls_identity.hpp"

#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <openssl/ssl.h>

namespace taskwire::test {
namespace {

void check(long result) {
    if (result != 1)
        throw std::runtime_error{"OpenSSL refuses what the test asks for"};
}

} // namespace

std::string certificate_path(std::string_view file) {
    const char* folder = std::getenv("TASKWIRE_CERTIFICATES_DIR");
    if (folder == nullptr)
        throw std::runtime_error{"TASKWIRE_CERTIFICATES_DIR is not set: run this by ctest"};
    return std::string{folder} + "/" + std::string{file};
}

tls_identity::tls_identity(const std::string& name) : context_(SSL_CTX_new(TLS_server_method())) {
    std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes to a socket as to a file
    check(SSL_CTX_use_certificate_file(context_, certificate_path(name + ".pem").c_str(),
                                       SSL_FILETYPE_PEM));
    check(SSL_CTX_use_PrivateKey_file(context_, certificate_path(name + ".key").c_str(),
                                      SSL_FILETYPE_PEM));
}

tls_identity::~tls_identity() {
    SSL_CTX_free(context_);
}

void tls_identity::demand_client_certificate() {
    check(SSL_CTX_load_verify_locations(context_, certificate_path("ca.pem").c_str(), nullptr));
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

void tls_identity::limit_version(int minor) {
    check(SSL_CTX_set_max_proto_version(context_, minor == 1 ? TLS1_1_VERSION : TLS1_2_VERSION));
    if (minor == 1) // whose signatures today's security level does not allow
        check(SSL_CTX_set_cipher_list(context_, "DEFAULT@SECLEVEL=0"));
}

} // namespace taskwire::test
