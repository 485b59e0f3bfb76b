#pragma once

#include <span>
#include <utility>
#include <variant>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>

#include <taskwire/asio.hpp>

namespace taskwire::detail {

/// The byte stream under a connection. TLS will be its second alternative.
class stream {
  public:
    explicit stream(const strand& executor) : transport_(asio::ip::tcp::socket{executor}) {}

    asio::ip::tcp::socket& socket() { return std::get<asio::ip::tcp::socket>(transport_); }

    template <class Handler>
    void async_read_some(std::span<char> into, Handler&& handler) {
        const asio::mutable_buffer buffer{into.data(), into.size()};
        std::visit(
            [&](auto& transport) {
                transport.async_read_some(buffer, std::forward<Handler>(handler));
            },
            transport_);
    }

    /// One vectored write: a single system call for all pieces.
    template <class Handler>
    void async_write_some(std::span<const asio::const_buffer> pieces, Handler&& handler) {
        std::visit(
            [&](auto& transport) {
                transport.async_write_some(pieces, std::forward<Handler>(handler));
            },
            transport_);
    }

    void close() {
        std::error_code ignored; // the connection is over, whatever the socket says
        socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
        socket().close(ignored);
    }

  private:
    std::variant<asio::ip::tcp::socket> transport_;
};

} // namespace taskwire::detail
