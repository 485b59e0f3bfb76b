#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace taskwire::tools {

// True for pipes, sockets and terminals: what can be waited for. Regular files and most devices
// are always ready, and epoll refuses them.
bool is_pollable(int descriptor);

// True if both are the same file.
bool is_same_file(int descriptor, const std::string& path);

// Remembers a descriptor's status flags and puts them back. O_NONBLOCK belongs to the open file,
// which our parent shares: a shell whose terminal was left non-blocking misbehaves.
class status_flags_guard {
  public:
    explicit status_flags_guard(int descriptor);
    status_flags_guard(const status_flags_guard&) = delete;
    status_flags_guard& operator=(const status_flags_guard&) = delete;
    ~status_flags_guard();

  private:
    int descriptor_;
    int flags_;
};

// Reads a whole file. Errors: returns its error; errc::file_too_large above `size_max` bytes.
std::error_code read_file(const std::string& path, std::size_t size_max, std::string& out);

// Writes it all, waiting as long as it takes. Errors: returns the first.
std::error_code write_all(int descriptor, std::string_view bytes);

} // namespace taskwire::tools
