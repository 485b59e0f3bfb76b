#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace taskwire::tools {

// The last 4 KiB of a stream: what is kept of stderr to explain a failure.
class output_tail {
  public:
    static constexpr std::size_t size_max = 4096;

    void feed(std::string_view chunk) {
        bytes_.append(chunk);
        // Twice as much may gather before the front is cut off, so that the cost is linear.
        if (bytes_.size() > 2 * size_max) {
            bytes_.erase(0, bytes_.size() - size_max);
        }
    }

    std::string take() {
        bytes_.erase(0, bytes_.size() - std::min(bytes_.size(), size_max));
        return std::exchange(bytes_, {});
    }

  private:
    std::string bytes_;
};

// The last line that is not empty, without its newline.
inline std::string last_line(std::string_view text) {
    const std::size_t last = text.find_last_not_of("\r\n");
    if (last == std::string_view::npos) {
        return {};
    }
    text = text.substr(0, last + 1);
    const std::size_t before = text.find_last_of('\n');
    return std::string(text.substr(before == std::string_view::npos ? 0 : before + 1));
}

} // namespace taskwire::tools
