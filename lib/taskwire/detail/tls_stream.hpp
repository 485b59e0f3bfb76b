#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <system_error>

#include <asio/buffer.hpp>

#include <taskwire/detail/callback.hpp>
#include <taskwire/detail/diagnosis.hpp>
#include <taskwire/detail/tcp_socket.hpp>
#include <taskwire/tls_options.hpp>

namespace taskwire::detail {

using io_callback = callback<std::error_code, std::size_t>;

/// A TLS client on a connected socket.
///
/// Neither Asio's nor OpenSSL's headers for TLS are seen here, because every user of the client
/// includes this one.
/// *Lifetimes*: kept alive by its pending operations; buffers must outlive theirs.
/// *Thread safety*: everything on the socket's strand.
/// *Errors*: what TLS itself reports comes as `errc`, the end of the stream as asio::error::eof.
class tls_stream : public std::enable_shared_from_this<tls_stream> {
  public:
    /// Reads the files that `options` name; `host` is whom the certificate has to be for.
    /// Returns nullptr and why if something is wrong with the options.
    static std::shared_ptr<tls_stream> create(tcp_socket socket, const tls_options& options,
                                              const std::string& host, diagnosis& why);
    tls_stream(const tls_stream&) = delete;
    tls_stream& operator=(const tls_stream&) = delete;
    ~tls_stream();

    void async_handshake(callback<const diagnosis&> done);
    void async_read_some(std::span<char> into, io_callback done);
    /// Writes one record: small pieces are copied together, a large one goes as it is.
    void async_write_some(std::span<const asio::const_buffer> pieces, io_callback done);
    void close();

  private:
    struct state;
    explicit tls_stream(std::unique_ptr<state> from);

    std::unique_ptr<state> state_;
};

} // namespace taskwire::detail
