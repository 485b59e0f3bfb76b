#pragma once

#include <common/descriptor.hpp>

#include <taskwire/asio.hpp>

#include <asio/posix/stream_descriptor.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace taskwire::tools {

// Data on its way to stdout that never blocks the connection: a reader who pauses must not cost us
// the heartbeats. What is appended in one burst is written in one system call.
// Lifetimes: must outlive the run of its executor; the descriptor is borrowed, its flags restored.
// Thread safety: only on the strand.
class output_pump {
  public:
    // `changed` is called when some or all was written, and at the first error.
    output_pump(const strand& executor, int descriptor, std::function<void()> changed);
    ~output_pump();
    output_pump(const output_pump&) = delete;
    output_pump& operator=(const output_pump&) = delete;

    // Dropped after an error.
    void append(std::string_view bytes);

    // For the last moment: writes what can be written without waiting.
    void flush_at_once();

    bool empty() const { return waiting_.empty() && writing_.empty(); }
    // Append no more until `changed`.
    bool congested() const { return waiting_.size() >= congestion_size; }
    std::error_code fault() const { return fault_; }

  private:
    static constexpr std::size_t congestion_size = std::size_t{1} << 20U;

    void flush();
    void write_some(asio::posix::stream_descriptor& to);
    void fail(std::error_code fault);

    strand strand_;
    int descriptor_;
    std::function<void()> changed_;
    std::optional<status_flags_guard> flags_;
    std::optional<asio::posix::stream_descriptor> stream_; // if it can be waited for
    std::string waiting_;
    std::string writing_;
    std::size_t written_ = 0;
    bool flush_posted_ = false;
    std::error_code fault_;
};

} // namespace taskwire::tools
