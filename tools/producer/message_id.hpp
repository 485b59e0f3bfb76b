#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace taskwire::tools {

// A version 7 UUID: sortable by time, then random.
// Units: `unix_ms` counts milliseconds since 1970; its lower 48 bits are used.
// Source: RFC 9562, section 5.7.
std::string make_uuid_v7(std::uint64_t unix_ms, const std::array<std::uint8_t, 10>& random);

// Makes UUIDs from the system's clock and its random generator, which it asks for many bytes at a
// time: one system call per message would be felt at 50 000 messages a second.
// Thread safety: none; one per thread. It must not be shared across fork().
// Errors: throws std::system_error if the system has no random bytes.
class uuid_source {
  public:
    std::string next();

  private:
    std::array<std::uint8_t, 2560> pool_{};
    std::size_t used_ = pool_.size();
};

// The SHA-256 of `body` in 64 lower-case hexadecimal digits: the same task has the same id on every
// run. Errors: throws std::runtime_error if OpenSSL refuses.
std::string sha256_hex(std::string_view body);

} // namespace taskwire::tools
