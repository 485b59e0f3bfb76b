#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace taskwire::fuzz {

/// An invariant: its breach is a crash that the fuzzer keeps.
inline void expect(bool holds) {
    if (!holds)
        std::abort();
}

/// A fuzzer's bytes, taken apart from the front.
class input {
  public:
    input(const std::uint8_t* data, std::size_t size)
        : bytes_(reinterpret_cast<const char*>(data), size) {}

    bool empty() const { return bytes_.empty(); }
    std::uint8_t octet() {
        return empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(take(1)[0]);
    }
    std::string_view take(std::size_t size) {
        const auto part = bytes_.substr(0, size);
        bytes_.remove_prefix(part.size());
        return part;
    }
    std::string_view rest() { return take(bytes_.size()); }

  private:
    std::string_view bytes_;
};

} // namespace taskwire::fuzz
