#include <common/help.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace taskwire::tools {

namespace {

constexpr std::size_t text_column = 30;
constexpr std::size_t width_max = 100;

// `  -u, --url URL`, long names all beginning in one column.
std::string left_part(const CLI::Option& option) {
    std::string text = "  ";
    for (const std::string& name : option.get_snames())
        text += "-" + name + (option.get_lnames().empty() ? "" : ", ");
    text.resize(std::max<std::size_t>(text.size(), 6), ' ');
    for (const std::string& name : option.get_lnames())
        text += "--" + name + (name == option.get_lnames().back() ? "" : ", ");
    if (option.get_type_size() != 0 && option.get_expected_max() != 0)
        text += " " + option.get_type_name();
    return text;
}

void append_wrapped(std::string& out, std::size_t column, std::string_view words) {
    while (!words.empty()) {
        const std::size_t size = std::min(words.find(' '), words.size());
        if (column + size > width_max) {
            out += "\n" + std::string(text_column, ' ');
            column = text_column;
        }
        out += words.substr(0, size);
        column += size;
        words.remove_prefix(size);
        if (!words.empty()) {
            words.remove_prefix(1);
            if (column + 1 < width_max) {
                out += ' ';
                ++column;
            }
        }
    }
}

std::string render_option(const CLI::Option& option) {
    std::string out = left_part(option);
    std::size_t column = out.size();
    if (column + 2 > text_column) {
        out += "\n";
        column = 0;
    }
    out += std::string(text_column - column, ' ');
    append_wrapped(out, text_column, option.get_description());
    // No blanks at the ends of lines.
    std::string clean;
    for (const char c : out + "\n") {
        if (c == '\n')
            clean.erase(clean.find_last_not_of(' ') + 1);
        clean += c;
    }
    return clean;
}

} // namespace

std::string render_help(const CLI::App& app, const std::string& introduction,
                        const std::string& ending) {
    std::vector<std::string> groups;
    for (const CLI::Option* option : app.get_options())
        if (std::find(groups.begin(), groups.end(), option->get_group()) == groups.end())
            groups.push_back(option->get_group());
    std::string out = introduction;
    for (const std::string& group : groups) {
        if (group.empty())
            continue;
        out += "\n" + group + ":\n";
        for (const CLI::Option* option : app.get_options())
            if (option->get_group() == group && option->nonpositional())
                out += render_option(*option);
    }
    return out + ending;
}

} // namespace taskwire::tools
