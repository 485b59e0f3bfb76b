#pragma once

#include <unistd.h>

#include <utility>

namespace taskwire::tools {

// A file descriptor that is closed with its owner; -1 is none.
class unique_fd {
  public:
    unique_fd() = default;
    explicit unique_fd(int descriptor) : descriptor_(descriptor) {}
    unique_fd(unique_fd&& other) noexcept : descriptor_(other.release()) {}
    unique_fd& operator=(unique_fd&& other) noexcept {
        reset(other.release());
        return *this;
    }
    ~unique_fd() { reset(); }

    int get() const { return descriptor_; }
    explicit operator bool() const { return descriptor_ >= 0; }
    int release() { return std::exchange(descriptor_, -1); }
    void reset(int descriptor = -1) {
        const int old = std::exchange(descriptor_, descriptor);
        if (old >= 0) {
            ::close(old);
        }
    }

  private:
    int descriptor_ = -1;
};

} // namespace taskwire::tools
