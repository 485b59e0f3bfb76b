#include <common/reporter.hpp>

#include <algorithm>

namespace taskwire::tools {

namespace {

constexpr std::string_view red = "\x1b[1;31m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view no_color = "";
constexpr std::string_view reset = "\x1b[0m";

/// Bytes of the character at the front; 0 when a terminal must not see it: a control character of
/// ASCII, one of U+0080 to U+009F, which are ESC sequences in one character, or what is no UTF-8.
/// Source: ECMA-48, 5.3; RFC 3629, section 4.
std::size_t printable_size(std::string_view text) {
    const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned first = octet(0);
    if (first < 0x80)
        return first < ' ' || first == 0x7f ? 0 : 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    const std::size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (text.size() < size)
        return 0;
    const unsigned lowest = first == 0xc2 || first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (octet(1) < lowest || octet(1) > highest)
        return 0;
    for (std::size_t at = 2; at < size; ++at)
        if ((octet(at) & 0xc0U) != 0x80)
            return 0;
    return size;
}

} // namespace

void reporter::error(std::string_view problem, std::string_view remedy) {
    say(red, problem, remedy);
}

void reporter::warning(std::string_view text) {
    if (verbosity_ >= 0)
        say(yellow, text);
}

void reporter::info(std::string_view text) {
    if (verbosity_ >= 0)
        say(no_color, text);
}

void reporter::detail(std::string_view text) {
    if (verbosity_ >= 1)
        say(no_color, text);
}

void reporter::trace(std::string_view text) {
    if (verbosity_ >= 2)
        say(no_color, text);
}

void reporter::plain(std::string_view text, bool important) {
    if (verbosity_ >= 0 || important)
        line_.print(printable(text) + "\n");
}

void reporter::say(std::string_view color, std::string_view text, std::string_view more) {
    std::string out = tool_ + ": " + printable(text);
    if (color_ && !color.empty())
        out = std::string(color) + tool_ + ":" + std::string(reset) + " " + printable(text);
    out += "\n";
    if (!more.empty())
        out += "  " + printable(more) + "\n";
    line_.print(out);
}

std::string printable(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto size = printable_size(text);
        if (size == 0)
            result += '?';
        else
            result += text.substr(0, size);
        text.remove_prefix(std::max(size, std::size_t{1}));
    }
    return result;
}

} // namespace taskwire::tools
