#pragma once

#include <worker/intake.hpp>
#include <worker/output.hpp>
#include <worker/worker_hooks.hpp>

#include <cstdint>
#include <deque>
#include <string>

namespace taskwire::tools {

// What a worker without a command does: writes bodies to stdout, and acknowledges each once it is
// written. Many bodies share one write, and one acknowledgement.
// Lifetimes: it must outlive its intake's coroutine; the output is borrowed.
// Thread safety: none; everything on the connection's strand.
class bodies {
  public:
    bodies(output& out, char terminator, worker_hooks hooks);

    asio::awaitable<void> open(client on, std::string queue, std::uint16_t prefetch_count,
                               on_cancel policy) {
        return intake_.open(std::move(on), std::move(queue), prefetch_count, policy);
    }
    void start() { intake_.run(); }
    void cancel() { intake_.cancel(); }
    // Those not acknowledged are left to the end of the channel.
    void give_up() { has_given_up_ = true; }

    // What was not acknowledged is delivered again, and written again.
    void on_connection_lost();

    bool is_busy() const { return !unwritten_.empty(); }
    bool is_at_end() const { return has_ended_ && (unwritten_.empty() || has_given_up_); }
    intake& input() { return intake_; }

  private:
    struct unwritten_body {
        std::uint64_t end; // in bytes of output
        delivery_id delivery;
    };

    void on_delivery(const delivery& task);
    void on_end(const error& why);
    void on_written();
    void await_written();

    output& out_;
    char terminator_;
    worker_hooks hooks_;
    intake intake_;
    std::deque<unwritten_body> unwritten_;
    bool is_awaiting_ = false;
    bool has_ended_ = false;
    bool has_given_up_ = false;
};

} // namespace taskwire::tools
