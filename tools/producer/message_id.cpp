#include <producer/message_id.hpp>

#include <openssl/evp.h>

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <span>
#include <stdexcept>
#include <system_error>

namespace taskwire::tools {

namespace {

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const std::uint8_t byte : bytes) {
        out += digits[byte >> 4U];
        out += digits[byte & 0x0fU];
    }
}

} // namespace

std::string make_uuid_v7(std::uint64_t unix_ms, const std::array<std::uint8_t, 10>& random) {
    std::array<std::uint8_t, 16> bytes{};
    for (unsigned i = 0; i < 6; ++i) {
        bytes[i] = static_cast<std::uint8_t>(unix_ms >> (40 - 8 * i));
    }
    std::copy(random.begin(), random.end(), bytes.begin() + 6);
    bytes[6] = static_cast<std::uint8_t>(0x70U | (bytes[6] & 0x0fU)); // version 7
    bytes[8] = static_cast<std::uint8_t>(0x80U | (bytes[8] & 0x3fU)); // variant 10
    std::string text;
    text.reserve(36);
    append_hex(text, std::span(bytes).first(4));
    for (const std::size_t at : {4U, 6U, 8U}) {
        text += '-';
        append_hex(text, std::span(bytes).subspan(at, 2));
    }
    text += '-';
    append_hex(text, std::span(bytes).subspan(10));
    return text;
}

std::string uuid_source::next() {
    std::array<std::uint8_t, 10> random{};
    if (pool_.size() - used_ < random.size()) {
        // More than 256 bytes at once may come short when a signal interrupts.
        for (std::size_t filled = 0; filled < pool_.size();) {
            const ssize_t got = ::getrandom(pool_.data() + filled, pool_.size() - filled, 0);
            if (got < 0 && errno != EINTR) {
                throw std::system_error(errno, std::generic_category(), "getrandom");
            }
            filled += got > 0 ? static_cast<std::size_t>(got) : 0;
        }
        used_ = 0;
    }
    std::copy_n(pool_.begin() + static_cast<std::ptrdiff_t>(used_), random.size(), random.begin());
    used_ += random.size();
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    return make_uuid_v7(static_cast<std::uint64_t>(ms), random);
}

std::string sha256_hex(std::string_view body) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(body.data(), body.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not available");
    }
    std::string text;
    append_hex(text, std::span(digest).first(size));
    return text;
}

} // namespace taskwire::tools
