#pragma once

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include <taskwire/connection.hpp>

#include "server.hpp"

namespace taskwire::test {

using asio::use_future;
using namespace std::chrono_literals;

/// Far above what a loaded machine needs.
inline constexpr auto patience = 20s;

/// What a future holds, when it holds it in time: an operation that is never completed fails the
/// test instead of stopping it.
template <class Result>
Result take(std::future<Result> from) {
    if (from.wait_for(patience) != std::future_status::ready)
        throw std::runtime_error{"an operation was not completed"};
    return from.get();
}

/// The error with which an operation ends.
template <class Result>
taskwire::error failure_of(std::future<Result> from) {
    try {
        take(std::move(from));
    } catch (const taskwire::error& what) {
        return what;
    }
    throw std::runtime_error{"an operation succeeded that should fail"};
}

template <class Result>
bool is_ready(const std::future<Result>& which) {
    return which.wait_for(0s) == std::future_status::ready;
}

/// Short deadlines, so that what must not hang is seen not to.
inline connect_options options_for(std::uint16_t port) {
    connect_options result;
    result.endpoints = {{"127.0.0.1", port, false}};
    result.protocol.heartbeat = 0s;
    result.protocol.handshake_timeout = 2s;
    result.protocol.request_timeout = 2s;
    result.protocol.close_timeout = 300ms;
    return result;
}

/// An io_context on a thread of its own. Its destructor waits for the client's work to end by
/// itself: a loop that goes on, or a completion that never comes, is a failure.
class client_thread {
  public:
    client_thread() : guard_(io.get_executor()), thread_([this] { io.run(); }) {}
    client_thread(const client_thread&) = delete;
    client_thread& operator=(const client_thread&) = delete;
    ~client_thread() {
        if (!ended())
            std::terminate();
    }

    /// Lets the context run out of work; false when it does not in time.
    bool ended() {
        if (!thread_.joinable())
            return true;
        guard_.reset();
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!io.stopped() && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(1ms);
        const bool by_itself = io.stopped();
        io.stop();
        thread_.join();
        return by_itself;
    }

    asio::any_io_executor executor() { return io.get_executor(); }

    asio::io_context io;

  private:
    asio::executor_work_guard<asio::io_context::executor_type> guard_;
    std::thread thread_;
};

/// A client that is connected to a server which the test plays.
/// *Lifetimes*: the members below are destroyed in reverse: first the handle, then the sockets,
/// then the thread, which must run out of work.
class connected {
  public:
    explicit connected(const tune& offer = {}, connect_options options = options_for(0)) {
        options.endpoints = {{"127.0.0.1", listener.port(), false}};
        auto opening = connection::connect(client.executor(), options, use_future);
        far = listener.accept();
        far.open(offer);
        near = take(std::move(opening));
    }

    channel open_channel() {
        auto opening = near.open_channel(use_future);
        far.open_channel();
        return take(std::move(opening));
    }

    client_thread client;
    server listener;
    peer far;
    connection near;
};

} // namespace taskwire::test
