#pragma once

#include <asio/basic_stream_socket.hpp>
#include <asio/ip/tcp.hpp>

#include <taskwire/asio.hpp>

namespace taskwire::detail {

/// A socket whose type tells that it is on a strand: any_io_executor has no room for a strand, and
/// would allocate two of them for each operation.
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, strand>;

} // namespace taskwire::detail
