#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire_form.hpp"

namespace taskwire::fuzz {

/// A fuzzer's bytes, taken apart from the front. What is missing at the end is zero or empty.
class input {
  public:
    explicit input(std::string_view bytes) : bytes_(bytes) {}

    bool empty() const { return bytes_.empty(); }
    std::uint8_t octet() {
        return empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(take(1)[0]);
    }
    bool flag() { return (octet() & 1U) != 0; }
    std::string_view take(std::size_t size) {
        const auto part = bytes_.substr(0, size);
        bytes_.remove_prefix(part.size());
        return part;
    }
    /// As many bytes as the octet in front of them says.
    std::string_view piece() { return take(octet()); }
    std::string_view rest() { return take(bytes_.size()); }

    /// A method or property list in wire form. Where the bytes do not fit, fields stay zero: any
    /// piece makes a method that may be sent.
    template <class Fields>
    static Fields fields(std::string_view piece) {
        wire::reader in{piece};
        Fields value;
        fuzz::decode(in, value);
        return value;
    }

  private:
    std::string_view bytes_;
};

} // namespace taskwire::fuzz
