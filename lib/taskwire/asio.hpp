#pragma once

/// The parts of Asio that the client uses, and the one place that names what older versions still
/// call experimental.

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/dispatch.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

// Asio would else decide by whether a standard header came before it, differently in each source,
// and free with one function what it allocated with another.
#if !defined(ASIO_DISABLE_STD_ALIGNED_ALLOC)
#error "define ASIO_DISABLE_STD_ALIGNED_ALLOC, as the target taskwire::client does"
#endif

namespace taskwire {

/// Serialises all that happens on one connection.
using strand = asio::strand<asio::any_io_executor>;

} // namespace taskwire
