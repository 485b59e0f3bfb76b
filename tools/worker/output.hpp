#pragma once

#include <common/unique_fd.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace taskwire::tools {

// Our stdout: gathers what is written at about the same time, and tells when it has been taken.
// A slow reader must not keep us from answering the broker's heartbeats, so pipes and terminals are
// written without blocking, through a file description of our own: O_NONBLOCK on the inherited one
// would hit whoever else has it. What cannot be opened anew (sockets) and files are written
// plainly. Lifetimes: the descriptor is borrowed. Thread safety: none; everything on the executor.
// Errors: the first one goes to on_failure; from then on everything is thrown away, and nothing is
// told to have been written.
class output {
  public:
    output(const asio::any_io_executor& executor, int descriptor);
    output(const output&) = delete;
    output& operator=(const output&) = delete;
    ~output() = default;

    void on_failure(std::function<void(std::error_code)> handler) {
        failure_handler_ = std::move(handler);
    }
    // Called before anything is written: where the redrawn line stands on the same terminal, it
    // must go first.
    void before_write(std::function<void()> handler) { write_handler_ = std::move(handler); }

    void write(std::string_view bytes);

    // Bytes given to write() so far, and those of them that have been taken.
    std::uint64_t queued() const { return queued_; }
    std::uint64_t written() const { return written_; }

    // Calls back, later, once all that was given to write() until now has been taken.
    void when_written(std::function<void()> handler);

    // Throws away what has not been taken, and everything that follows.
    void close();

  private:
    struct waiter {
        std::uint64_t position;
        std::function<void()> handler;
    };

    void schedule();
    void on_turn(std::uint64_t queued_before);
    void flush();
    // Returns the bytes taken; 0 if it would block; -1 and errno if it fails.
    ssize_t write_some();
    void fail(int error);
    void call_waiters();

    asio::posix::stream_descriptor waiter_; // on the description of our own, if there is one
    int descriptor_;
    bool is_scheduled_ = false;
    bool is_waiting_ = false;
    bool has_failed_ = false;
    std::string buffer_;
    std::size_t taken_ = 0; // of buffer_
    std::uint64_t queued_ = 0;
    std::uint64_t written_ = 0;
    std::deque<waiter> waiters_;
    std::function<void(std::error_code)> failure_handler_;
    std::function<void()> write_handler_;
};

} // namespace taskwire::tools
