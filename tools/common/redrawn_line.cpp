#include <common/redrawn_line.hpp>

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace taskwire::tools {

namespace {

constexpr std::string_view erase_sequence = "\r\x1b[K";

} // namespace

bool redrawn_line::due(clock::time_point now) const {
    return enabled_ && (!ever_drawn_ || now - drawn_at_ >= interval);
}

void redrawn_line::update(std::string_view line, clock::time_point now) {
    if (!due(now)) {
        return;
    }
    ever_drawn_ = true;
    drawn_at_ = now;
    shown_ = line;
    write_all(std::string(erase_sequence) + shown_);
}

void redrawn_line::print(std::string_view text) {
    if (shown_.empty()) {
        write_all(text);
        return;
    }
    // In one write, so that the terminal never shows the state in between.
    write_all(std::string(erase_sequence) + std::string(text) + shown_);
}

void redrawn_line::erase() {
    if (!shown_.empty()) {
        shown_.clear();
        write_all(erase_sequence);
    }
}

void redrawn_line::write_all(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            // Somebody who shares the terminal made it non-blocking.
            pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
            ::poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            return;
        }
    }
}

} // namespace taskwire::tools
