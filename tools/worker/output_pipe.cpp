#include <worker/output_pipe.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <array>

namespace taskwire::tools {

namespace {

// As much as a pipe holds: one read takes it all.
constexpr std::size_t read_size_max = std::size_t{1} << 16U;
constexpr int drain_count_max = 16;

} // namespace

asio::error_code output_pipe::open(unique_fd& reader) {
    asio::error_code error;
    reader_.assign(reader.get(), error);
    if (!error) {
        reader.release();
        reader_.non_blocking(true, error);
    }
    return error;
}

std::size_t output_pipe::read_some(const line_sink& sink, asio::error_code& error) {
    std::array<char, read_size_max> buffer; // NOLINT(*-member-init): all of it is overwritten
    const std::size_t size = reader_.read_some(asio::buffer(buffer), error);
    const std::string_view chunk(buffer.data(), size);
    tail_.feed(chunk);
    lines_.feed(chunk, sink);
    return size;
}

bool output_pipe::read(const line_sink& sink) {
    asio::error_code error;
    read_some(sink, error);
    return !error || error == asio::error::would_block;
}

void output_pipe::drain(const line_sink& sink) {
    asio::error_code error;
    for (int count = 0; count < drain_count_max && !error && is_open(); ++count) {
        read_some(sink, error);
    }
}

void output_pipe::close(const line_sink& sink) {
    abandon();
    lines_.finish(sink);
}

void output_pipe::abandon() {
    asio::error_code ignored;
    reader_.close(ignored);
}

} // namespace taskwire::tools
