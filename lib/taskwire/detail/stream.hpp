#pragma once

#include <memory>
#include <span>
#include <utility>
#include <variant>

#include <asio/buffer.hpp>

#include <taskwire/detail/tcp_socket.hpp>
#include <taskwire/detail/tls_stream.hpp>

namespace taskwire::detail {

/// The byte stream under a connection: TCP, or TLS on it.
class stream {
  public:
    /// Closed.
    explicit stream(const strand& executor) : transport_(tcp_socket{executor}) {}
    explicit stream(tcp_socket socket) : transport_(std::move(socket)) {
        std::error_code ignored; // then `write_now` does nothing
        plain().non_blocking(true, ignored);
    }
    explicit stream(std::shared_ptr<tls_stream> secured) : transport_(std::move(secured)) {}

    /// One read into all pieces in order, or, with TLS, into the first of them.
    template <class Handler>
    void async_read_some(std::span<const asio::mutable_buffer> pieces, Handler&& handler) {
        if (auto* secured = std::get_if<std::shared_ptr<tls_stream>>(&transport_))
            return (*secured)->async_read_some(
                {static_cast<char*>(pieces.front().data()), pieces.front().size()},
                std::forward<Handler>(handler));
        if (pieces.size() == 1) // recv costs less than recvmsg
            return plain().async_read_some(pieces.front(), std::forward<Handler>(handler));
        plain().async_read_some(pieces, std::forward<Handler>(handler));
    }

    /// One vectored write: a single system call for all pieces, or, with TLS, a single record of
    /// the first of them.
    template <class Handler>
    void async_write_some(std::span<const asio::const_buffer> pieces, Handler&& handler) {
        if (auto* secured = std::get_if<std::shared_ptr<tls_stream>>(&transport_))
            return (*secured)->async_write_some(pieces, std::forward<Handler>(handler));
        plain().async_write_some(pieces, std::forward<Handler>(handler));
    }

    /// Writes what the socket takes at once: a completion costs more than the call. Returns 0 when
    /// there is something to be waited for, or to be told by `async_write_some`; always with TLS.
    std::size_t write_now(std::span<const asio::const_buffer> pieces) {
        auto* socket = std::get_if<tcp_socket>(&transport_);
        if (socket == nullptr || !socket->non_blocking())
            return 0;
        std::error_code fault;
        return pieces.size() == 1 ? socket->write_some(pieces.front(), fault)
                                  : socket->write_some(pieces, fault);
    }

    void close() {
        if (auto* secured = std::get_if<std::shared_ptr<tls_stream>>(&transport_))
            (*secured)->close();
        else
            close(plain());
    }

    static void close(tcp_socket& socket) {
        std::error_code ignored; // the connection is over, whatever the socket says
        socket.shutdown(tcp_socket::shutdown_both, ignored);
        socket.close(ignored);
    }

  private:
    tcp_socket& plain() { return std::get<tcp_socket>(transport_); }

    std::variant<tcp_socket, std::shared_ptr<tls_stream>> transport_;
};

} // namespace taskwire::detail
