// The one source that compiles Asio: with ASIO_SEPARATE_COMPILATION all others only declare it.
#include <taskwire/asio.hpp>

#include <asio/impl/src.hpp>
#include <asio/ssl/impl/src.hpp>
