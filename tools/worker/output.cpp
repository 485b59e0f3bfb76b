#include <worker/output.hpp>

#include <asio/post.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace taskwire::tools {

namespace {

constexpr std::size_t flush_size = std::size_t{64} * 1024;

// A pipe or a terminal, opened anew; none if it is something else or cannot be.
unique_fd open_anew(int descriptor) {
    struct stat what{};
    if (::fstat(descriptor, &what) != 0 || !(S_ISFIFO(what.st_mode) || S_ISCHR(what.st_mode))) {
        return {};
    }
    const std::string path = fmt::format("/proc/self/fd/{}", descriptor);
    return unique_fd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

} // namespace

output::output(const asio::any_io_executor& executor, int descriptor)
    : waiter_(executor), descriptor_(descriptor) {
    if (unique_fd own = open_anew(descriptor)) {
        // epoll takes no /dev/null, which never blocks anyway.
        asio::error_code fault;
        waiter_.assign(own.get(), fault);
        if (!fault) {
            own.release();
        }
    }
}

void output::write(std::string_view bytes) {
    if (has_failed_) {
        return;
    }
    queued_ += bytes.size();
    buffer_ += bytes;
    schedule();
}

void output::when_written(std::function<void()> handler) {
    waiters_.push_back({queued_, std::move(handler)});
    if (queued_ == written_ && !has_failed_) {
        schedule();
    }
}

void output::schedule() {
    if (is_scheduled_ || is_waiting_) {
        return;
    }
    is_scheduled_ = true;
    asio::post(waiter_.get_executor(), [this, before = queued_] { on_turn(before); });
}

// As long as each turn of the event loop brings more, it is worth waiting for.
void output::on_turn(std::uint64_t queued_before) {
    is_scheduled_ = false;
    if (queued_ != queued_before && buffer_.size() - taken_ < flush_size) {
        schedule();
    } else {
        flush();
    }
}

ssize_t output::write_some() {
    const int to = waiter_.is_open() ? waiter_.native_handle() : descriptor_;
    while (true) {
        const ssize_t taken = ::write(to, buffer_.data() + taken_, buffer_.size() - taken_);
        if (taken >= 0) {
            return taken;
        }
        if (errno == EAGAIN && waiter_.is_open()) {
            return 0;
        }
        if (errno == EAGAIN) {
            // Somebody who shares the description made it non-blocking.
            pollfd ready{.fd = to, .events = POLLOUT, .revents = 0};
            ::poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            return -1;
        }
    }
}

void output::flush() {
    if (has_failed_ || is_waiting_) {
        return;
    }
    if (taken_ < buffer_.size() && write_handler_) {
        write_handler_();
    }
    while (taken_ < buffer_.size()) {
        const ssize_t taken = write_some();
        if (taken < 0) {
            return fail(errno);
        }
        taken_ += static_cast<std::size_t>(taken);
        written_ += static_cast<std::uint64_t>(taken);
        if (taken == 0) {
            is_waiting_ = true;
            waiter_.async_wait(asio::posix::stream_descriptor::wait_write,
                               [this](const asio::error_code& fault) {
                                   is_waiting_ = false;
                                   if (fault != asio::error::operation_aborted) {
                                       flush();
                                   }
                               });
            break;
        }
    }
    if (taken_ == buffer_.size() || taken_ >= flush_size) {
        buffer_.erase(0, taken_);
        taken_ = 0;
    }
    call_waiters();
}

void output::close() {
    has_failed_ = true;
    buffer_.clear();
    taken_ = 0;
    waiters_.clear();
    asio::error_code ignored;
    waiter_.close(ignored);
}

void output::fail(int error) {
    close();
    if (failure_handler_) {
        failure_handler_(std::error_code(error, std::generic_category()));
    }
}

void output::call_waiters() {
    while (!waiters_.empty() && waiters_.front().position <= written_) {
        const auto handler = std::move(waiters_.front().handler);
        waiters_.pop_front();
        handler();
    }
}

} // namespace taskwire::tools
