#include <common/reporter.hpp>

namespace taskwire::tools {

namespace {

constexpr std::string_view red = "\x1b[1;31m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view no_color = "";
constexpr std::string_view reset = "\x1b[0m";

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
    std::string result(text);
    for (char& c : result)
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
            c = '?';
    return result;
}

} // namespace taskwire::tools
