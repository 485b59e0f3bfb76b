#pragma once

#include <common/unique_fd.hpp>
#include <worker/output_lines.hpp>
#include <worker/output_tail.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/error_code.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace taskwire::tools {

// Our end of a pipe from a child: gives whole lines, and what was last in it.
// Thread safety: none.
class output_pipe {
  public:
    using line_sink = std::function<void(std::string_view)>;

    explicit output_pipe(const asio::any_io_executor& executor) : reader_(executor) {}

    asio::error_code open(unique_fd& reader);
    bool is_open() const { return reader_.is_open(); }

    // Calls `handler` with an error_code when read() has something to do. There is no asynchronous
    // read: what a completed one holds would be lost if the pipe is closed before its handler runs.
    template <typename Handler>
    void async_wait(Handler&& handler) {
        reader_.async_wait(asio::posix::stream_descriptor::wait_read,
                           std::forward<Handler>(handler));
    }

    // Reads what is there, without waiting. Returns false at the end of the stream.
    bool read(const line_sink& sink);

    // Reads what is there, up to a bound, for the writer may be faster than we are.
    void drain(const line_sink& sink);

    // Passes on an unfinished last line.
    void close(const line_sink& sink);

    // Closes it and tells nobody; this alone may be called by the sink.
    void abandon();

    std::string take_tail() { return tail_.take(); }

  private:
    std::size_t read_some(const line_sink& sink, asio::error_code& error);

    asio::posix::stream_descriptor reader_;
    output_lines lines_;
    output_tail tail_;
};

} // namespace taskwire::tools
