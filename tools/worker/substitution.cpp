#include <worker/substitution.hpp>

#include <common/size.hpp>

#include <fmt/format.h>

#include <utility>

namespace taskwire::tools {

namespace {

// The kernel's limit for one argument is 128 KiB with its final NUL.
constexpr std::size_t argument_size_max = 128 * std::size_t{1024} - 1;

struct replacement {
    std::string_view placeholder;
    std::string_view text;
};

// The replacement whose placeholder `text` begins with, or null.
const replacement* find_replacement(const std::vector<replacement>& replacements,
                                    std::string_view text) {
    for (const replacement& candidate : replacements) {
        if (text.starts_with(candidate.placeholder)) {
            return &candidate;
        }
    }
    return nullptr;
}

std::string substitute_argument(std::string_view argument,
                                const std::vector<replacement>& replacements, std::string& out) {
    out.clear();
    while (!argument.empty()) {
        const replacement* const found = find_replacement(replacements, argument);
        if (found == nullptr) {
            out += argument.front();
            argument.remove_prefix(1);
            continue;
        }
        const std::string_view what = found->placeholder == "{}" ? "body" : "id";
        if (found->text.find('\0') != std::string_view::npos) {
            return fmt::format("the {} contains NUL, which no argument can; use stdin or {{file}}",
                               what);
        }
        if (out.size() + found->text.size() > argument_size_max) {
            return fmt::format("the {} has {} and makes an argument longer than the system's "
                               "128 KiB; use stdin or {{file}}",
                               what, format_size(found->text.size()));
        }
        out += found->text;
        argument.remove_prefix(found->placeholder.size());
    }
    return {};
}

} // namespace

std::string substitute(const std::vector<std::string>& argv, const placeholder_values& values,
                       std::vector<std::string>& out) {
    const std::string attempt = std::to_string(values.attempt);
    const std::string slot = std::to_string(values.slot);
    const std::vector<replacement> replacements = {{"{}", values.body},
                                                   {"{file}", body_file_path},
                                                   {"{id}", values.id},
                                                   {"{attempt}", attempt},
                                                   {"{slot}", slot}};
    std::vector<std::string> result;
    for (const std::string& argument : argv) {
        if (result.empty()) {
            result.push_back(argument);
            continue;
        }
        if (std::string error = substitute_argument(argument, replacements, result.emplace_back());
            !error.empty()) {
            return error;
        }
    }
    out = std::move(result);
    return {};
}

} // namespace taskwire::tools
