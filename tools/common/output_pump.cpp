#include <common/output_pump.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace taskwire::tools {

output_pump::output_pump(const strand& executor, int descriptor, std::function<void()> changed)
    : strand_(executor), descriptor_(descriptor), changed_(std::move(changed)) {
    if (!is_pollable(descriptor))
        return;
    if (const int copy = ::dup(descriptor); copy >= 0) {
        flags_.emplace(descriptor);
        stream_.emplace(strand_, copy);
    }
}

output_pump::~output_pump() = default;

void output_pump::append(std::string_view bytes) {
    if (fault_)
        return;
    waiting_ += bytes;
    if (writing_.empty() && !std::exchange(flush_posted_, true))
        asio::post(strand_, [this] {
            flush_posted_ = false;
            flush();
        });
}

void output_pump::flush_at_once() {
    std::string rest = writing_.substr(std::min(written_, writing_.size())) + waiting_;
    waiting_.clear();
    writing_.clear();
    if (!stream_) {
        fault_ = fault_ ? fault_ : write_all(descriptor_, rest);
        return;
    }
    while (!rest.empty()) {
        const ssize_t size = ::write(descriptor_, rest.data(), rest.size());
        if (size <= 0)
            return;
        rest.erase(0, static_cast<std::size_t>(size));
    }
}

void output_pump::flush() {
    if (!writing_.empty() || waiting_.empty() || fault_)
        return;
    writing_.swap(waiting_);
    written_ = 0;
    if (stream_)
        return write_some(*stream_);
    const std::error_code fault = write_all(descriptor_, writing_);
    writing_.clear();
    if (fault)
        return fail(fault);
    changed_();
}

void output_pump::write_some(asio::posix::stream_descriptor& to) {
    const auto rest = asio::buffer(writing_.data() + written_, writing_.size() - written_);
    to.async_write_some(rest, [this, &to](std::error_code fault, std::size_t size) {
        if (fault == asio::error::operation_aborted)
            return;
        if (fault)
            return fail(fault);
        written_ += size;
        if (written_ < writing_.size())
            return write_some(to);
        writing_.clear();
        changed_();
        flush();
    });
}

void output_pump::fail(std::error_code fault) {
    // Asio's own category does not compare with std::errc.
    fault_.assign(fault.value(), std::system_category());
    waiting_.clear();
    writing_.clear();
    changed_();
}

} // namespace taskwire::tools
