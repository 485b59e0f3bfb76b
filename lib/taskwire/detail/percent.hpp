#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

// Percent-encoding and ASCII letters, independent of the locale, as URIs need them.
namespace taskwire::detail {

inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

inline char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

inline int hex_value(char c) {
    const char low = lower(c);
    if (is_digit(low)) {
        return low - '0';
    }
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

// Replaces each %xx by its byte; false if an escape is bad, and `out` is then untouched.
// NUL is refused too: it would cut a host or file name short, and it separates fields in PLAIN.
inline bool percent_decode(std::string_view text, std::string& out) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded.push_back(text[i]);
            continue;
        }
        if (text.size() - i < 3) {
            return false;
        }
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0 || (high == 0 && low == 0)) {
            return false;
        }
        decoded.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    out = std::move(decoded);
    return true;
}

} // namespace taskwire::detail
