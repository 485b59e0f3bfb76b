#pragma once

#include <asio/ssl/context.hpp>

#include <taskwire/detail/diagnosis.hpp>
#include <taskwire/tls_options.hpp>

namespace taskwire::detail {

/// Makes `context` trust and show what `options` say. Reads files.
diagnosis configure(asio::ssl::context& context, const tls_options& options);

} // namespace taskwire::detail
