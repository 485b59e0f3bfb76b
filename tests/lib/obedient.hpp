#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <thread>

#include "server.hpp"

namespace taskwire::test {

/// What an obedient broker does when its patience ends.
enum class last_act { hang_up, reset, fall_silent };

/// A broker on a thread of its own that does whatever the client asks: declares anything, confirms
/// everything, delivers one message to each consumer. After `frames_max` frames it fails. With an
/// identity it speaks TLS.
class obedient {
  public:
    static constexpr auto for_ever = std::numeric_limits<std::size_t>::max();

    explicit obedient(std::size_t frames_max = for_ever, last_act act = last_act::hang_up,
                      const tls_identity* as = nullptr)
        : frames_left_(frames_max), act_(act), identity_(as), thread_([this] { serve(); }) {}
    explicit obedient(const tls_identity* as) : obedient(for_ever, last_act::hang_up, as) {}
    obedient(const obedient&) = delete;
    obedient& operator=(const obedient&) = delete;
    ~obedient() { thread_.join(); }

    std::uint16_t port() const { return listener_.port(); }
    /// It has failed, as it was told to.
    bool failed() const { return failed_; }
    /// It has said goodbye: the client needs fewer frames than it would have taken.
    bool finished() const { return finished_; }
    std::size_t acknowledged() const { return acknowledged_; }

  private:
    void serve();
    bool fail_if_due();
    void answer(const peer::any_frame& in);
    void on_method(std::uint16_t channel, method_id method);

    server listener_;
    peer peer_;
    std::size_t frames_left_;
    last_act act_;
    const tls_identity* identity_;
    std::uint64_t published_[100] = {}; ///< by channel
    std::atomic<bool> failed_ = false;
    std::atomic<bool> finished_ = false;
    std::atomic<std::size_t> acknowledged_ = 0;
    std::thread thread_; ///< last: it uses all the others
};

} // namespace taskwire::test
