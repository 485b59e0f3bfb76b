#include <taskwire/detail/tls_stream.hpp>

#include <array>

#include <asio/ip/address.hpp>
#include <asio/ssl/stream.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <taskwire/detail/stream.hpp>
#include <taskwire/detail/tls_context.hpp>
#include <taskwire/detail/tls_failure.hpp>
#include <taskwire/error.hpp>

namespace taskwire::detail {
namespace {

/// Plain bytes that fit one TLS record. Source: RFC 8446, 5.1.
constexpr std::size_t record_size_max = 16'384;

} // namespace

struct tls_stream::state {
    state(tcp_socket socket, asio::ssl::context configured)
        : context(std::move(configured)), layer(std::move(socket), context) {}

    asio::ssl::context context;
    asio::ssl::stream<tcp_socket> layer;
    diagnosis verification; ///< why we refused the server's certificate
    client_certificate ours = client_certificate::not_wanted;
    std::array<char, record_size_max> record; ///< pieces that leave together
};

namespace {

int set_address(X509_VERIFY_PARAM* rules, const asio::ip::address& address) {
    if (address.is_v4()) {
        const auto bytes = address.to_v4().to_bytes();
        return X509_VERIFY_PARAM_set1_ip(rules, bytes.data(), bytes.size());
    }
    const auto bytes = address.to_v6().to_bytes(); // without the zone that a host may name
    return X509_VERIFY_PARAM_set1_ip(rules, bytes.data(), bytes.size());
}

/// Whom the certificate has to be for, and whom we tell the server that we want.
diagnosis name_server(SSL* tls, const tls_options& options, const std::string& host) {
    const auto& name = options.server_name.empty() ? host : options.server_name;
    std::error_code not_an_address;
    const auto address = asio::ip::make_address(name, not_an_address);
    auto* rules = SSL_get0_param(tls);
    // "*.example.org" may stand for a name, "mq*.example.org" may not. Source: RFC 6125, 6.4.3.
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int set = not_an_address ? X509_VERIFY_PARAM_set1_host(rules, name.data(), name.size())
                                   : set_address(rules, address);
    if (set != 1)
        return {errc::tls_options_refused, "no certificate can be for '" + name + "'"};
    if (not_an_address && options.send_server_name &&
        SSL_set_tlsext_host_name(tls, name.c_str()) != 1)
        return {errc::tls_options_refused, "'" + name + "' is no name for a server"};
    return {};
}

/// OpenSSL calls it when the server asks for our certificate.
int note_wanted_certificate(SSL* tls, void* ours) {
    *static_cast<client_certificate*>(ours) = SSL_get_certificate(tls) != nullptr
                                                  ? client_certificate::given
                                                  : client_certificate::missing;
    return 1;
}

} // namespace

tls_stream::tls_stream(std::unique_ptr<state> from) : state_(std::move(from)) {}
tls_stream::~tls_stream() = default;

std::shared_ptr<tls_stream> tls_stream::create(tcp_socket socket, const tls_options& options,
                                               const std::string& host, diagnosis& why) {
    asio::ssl::context context{asio::ssl::context::tls_client};
    why = configure(context, options);
    if (why)
        return nullptr;
    auto made = std::make_unique<state>(std::move(socket), std::move(context));
    auto* tls = made->layer.native_handle();
    why = name_server(tls, options, host);
    if (why)
        return nullptr;
    // Asio lets go of the record buffers between records; a busy connection needs them at once.
    SSL_clear_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    SSL_set_cert_cb(tls, note_wanted_certificate, &made->ours);
    if (options.insecure_no_verification) {
        made->layer.set_verify_mode(asio::ssl::verify_none);
    } else {
        made->layer.set_verify_mode(asio::ssl::verify_peer);
        made->layer.set_verify_callback(
            [to = &made->verification](bool accepted, asio::ssl::verify_context& chain) {
                if (!accepted)
                    *to = describe_verification(chain.native_handle());
                return accepted;
            });
    }
    return std::shared_ptr<tls_stream>{new tls_stream{std::move(made)}};
}

void tls_stream::async_handshake(callback<const diagnosis&> done) {
    state_->layer.async_handshake(
        asio::ssl::stream_base::client,
        [self = shared_from_this(), done = std::move(done)](std::error_code fault) mutable {
            if (!fault)
                return done({});
            const auto& refusal = self->state_->verification;
            done(refusal ? refusal : describe_tls_fault(fault, self->state_->ours));
        });
}

void tls_stream::async_read_some(std::span<char> into, io_callback done) {
    state_->layer.async_read_some(
        asio::mutable_buffer{into.data(), into.size()},
        [self = shared_from_this(), done = std::move(done)](std::error_code fault,
                                                            std::size_t size) mutable {
            // With TLS 1.3 the server's verdict on our certificate comes after the handshake.
            if (fault)
                if (const auto what = describe_tls_fault(fault, self->state_->ours).code;
                    what != errc::tls_failed) // OpenSSL's own words say more
                    fault = what;
            done(fault, size);
        });
}

void tls_stream::async_write_some(std::span<const asio::const_buffer> pieces, io_callback done) {
    auto out = pieces.empty() ? asio::const_buffer{} : pieces.front();
    if (pieces.size() > 1 && out.size() < record_size_max) {
        auto& record = state_->record;
        const auto size = asio::buffer_copy(asio::buffer(record), pieces);
        out = asio::buffer(record.data(), size);
    }
    state_->layer.async_write_some(
        asio::buffer(out, record_size_max),
        [self = shared_from_this(), done = std::move(done)](
            std::error_code fault, std::size_t size) mutable { done(fault, size); });
}

void tls_stream::close() {
    stream::close(state_->layer.next_layer());
}

} // namespace taskwire::detail
