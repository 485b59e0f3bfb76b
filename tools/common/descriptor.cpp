#include <common/descriptor.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace taskwire::tools {

namespace {

constexpr std::size_t chunk_size = std::size_t{64} * 1024;

std::error_code last_error() {
    return {errno, std::system_category()};
}

std::error_code append_all(int descriptor, std::size_t size_max, std::string& out) {
    while (true) {
        const std::size_t before = out.size();
        out.resize(before + chunk_size);
        const ssize_t got = ::read(descriptor, out.data() + before, chunk_size);
        out.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return last_error();
        if (got == 0)
            return {};
        if (out.size() > size_max)
            return std::make_error_code(std::errc::file_too_large);
    }
}

} // namespace

bool is_pollable(int descriptor) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0)
        return false;
    return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || ::isatty(descriptor) == 1;
}

bool is_same_file(int descriptor, const std::string& path) {
    struct stat left{};
    struct stat right{};
    return ::fstat(descriptor, &left) == 0 && ::stat(path.c_str(), &right) == 0 &&
           left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

status_flags_guard::status_flags_guard(int descriptor)
    : descriptor_(descriptor), flags_(::fcntl(descriptor, F_GETFL)) {}

status_flags_guard::~status_flags_guard() {
    if (flags_ >= 0)
        ::fcntl(descriptor_, F_SETFL, flags_);
}

std::error_code read_file(const std::string& path, std::size_t size_max, std::string& out) {
    out.clear();
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return last_error();
    const std::error_code fault = append_all(descriptor, size_max, out);
    ::close(descriptor);
    return fault;
}

std::error_code write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd ready{.fd = descriptor, .events = POLLOUT, .revents = 0};
            ::poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            return last_error();
        }
    }
    return {};
}

} // namespace taskwire::tools
