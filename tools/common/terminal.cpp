#include <common/terminal.hpp>

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace taskwire::tools {

namespace {

constexpr std::size_t default_width = 80;

} // namespace

std::string parse_color_choice(std::string_view text, color_choice& out) {
    if (text == "auto") {
        out = color_choice::automatic;
    } else if (text == "always") {
        out = color_choice::always;
    } else if (text == "never") {
        out = color_choice::never;
    } else {
        return fmt::format("'{}' is not one of auto, always, never", text);
    }
    return {};
}

terminal choose_terminal(bool is_tty, std::size_t width, color_choice choice, const char* no_color,
                         const char* term) {
    const bool dumb = term == nullptr || *term == '\0' || std::string_view(term) == "dumb";
    const bool unwanted = no_color != nullptr && *no_color != '\0';
    terminal result;
    result.is_tty = is_tty;
    result.can_redraw = is_tty && !dumb;
    result.color = choice == color_choice::always ||
                   (choice == color_choice::automatic && is_tty && !dumb && !unwanted);
    result.width = width == 0 ? default_width : width;
    return result;
}

terminal examine_terminal(int descriptor, color_choice choice) {
    winsize size{};
    const bool is_tty = ::isatty(descriptor) == 1;
    const std::size_t width =
        is_tty && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    return choose_terminal(is_tty, width, choice, std::getenv("NO_COLOR"), std::getenv("TERM"));
}

} // namespace taskwire::tools
