#pragma once

#include <chrono>
#include <memory>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <taskwire/connect_options.hpp>
#include <taskwire/detail/callback.hpp>
#include <taskwire/detail/diagnosis.hpp>
#include <taskwire/detail/stream.hpp>

namespace taskwire::detail {

/// One attempt at one endpoint: resolves its name, connects, and secures the stream if asked to,
/// all under one deadline.
///
/// Each attempt has a socket of its own, so that what is left of one cannot touch the next.
/// *Lifetimes*: kept alive by its own pending operations alone.
/// *Thread safety*: everything on the strand.
class connector : public std::enable_shared_from_this<connector> {
  public:
    using done_callback = callback<const diagnosis&, stream>;

    connector(const strand& executor, endpoint where, const connect_options& options,
              done_callback done);

    /// Calls `done` once, with a stream that is open unless there is a fault.
    void start();
    /// Ends the attempt; `done` is destroyed uncalled.
    void cancel();

  private:
    enum class stage { resolving, connecting, securing };

    void connect(const asio::ip::tcp::resolver::results_type& found);
    void secure();
    void on_timeout();
    void fail(std::error_code fault);
    void finish(const diagnosis& fault, stream opened);
    void release();

    strand strand_;
    endpoint where_;
    tls_options tls_options_;
    std::chrono::milliseconds timeout_;
    done_callback done_;
    stage stage_ = stage::resolving;
    asio::ip::tcp::resolver resolver_;
    tcp_socket socket_;
    std::shared_ptr<tls_stream> secured_;
    asio::steady_timer timer_;
};

} // namespace taskwire::detail
