#include <common/command_line.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

namespace taskwire::tools {

namespace {

// One value and where it stands, for the error that it may cause.
struct sourced_value {
    std::string value;
    std::string place;
};

using source = std::map<std::string, std::vector<sourced_value>, std::less<>>; // by long name

std::string long_name(const CLI::Option& option) {
    return option.get_lnames().empty() ? std::string{} : option.get_lnames().front();
}

std::string_view trimmed(std::string_view text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

source read_environment(const CLI::App& app) {
    source result;
    for (const CLI::Option* option : app.get_options()) {
        const std::string name = long_name(*option);
        const std::string variable = environment_name(name);
        const char* value = name.empty() ? nullptr : std::getenv(variable.c_str());
        if (value != nullptr && *value != '\0')
            result[name].push_back({value, "$" + variable});
    }
    return result;
}

source read_file(const CLI::App& app, const std::string& path, std::string_view section) {
    std::ifstream in(path);
    if (!in)
        throw usage_error(fmt::format("cannot read {}", path), exit_code::no_input);
    source result;
    std::string line;
    std::string in_section;
    for (int number = 1; std::getline(in, line); ++number) {
        const std::string_view text = trimmed(line);
        if (text.empty() || text.front() == '#')
            continue;
        if (text.front() == '[' && text.back() == ']') {
            in_section = text.substr(1, text.size() - 2);
            continue;
        }
        if (!in_section.empty() && in_section != section)
            continue;
        const std::size_t equals = std::min(text.find('='), text.size());
        std::string name(trimmed(text.substr(0, equals)));
        const bool bare = equals == text.size();
        const std::string place = fmt::format("{}:{}", path, number);
        const CLI::Option* option = app.get_option_no_throw("--" + name);
        if (option == nullptr || !option->get_configurable())
            throw usage_error(fmt::format("{}: there is no option '{}'", place, name));
        const std::string_view value = bare ? "true" : trimmed(text.substr(equals + 1));
        result[long_name(*option)].push_back({std::string(value), place});
    }
    return result;
}

// Fills options from sources, the strongest first.
class filler {
  public:
    filler(const CLI::App& app, const alternatives& only_one) : app_(app), only_one_(only_one) {
        for (const CLI::Option* option : app.get_options())
            if (option->count() > 0)
                decide(long_name(*option));
    }

    void fill_from(const source& values) {
        std::vector<std::string> filled;
        for (const auto& [name, given] : values)
            if (!decided_.contains(name) && is_first_choice(name, values)) {
                set(name, given);
                filled.push_back(name);
            }
        for (const std::string& name : filled)
            decide(name);
    }

  private:
    void decide(const std::string& name) {
        decided_.insert(name);
        for (const auto& group : only_one_)
            if (std::find(group.begin(), group.end(), name) != group.end())
                decided_.insert(group.begin(), group.end());
    }

    bool is_first_choice(const std::string& name, const source& values) const {
        for (const auto& group : only_one_) {
            const auto here = std::find(group.begin(), group.end(), name);
            if (here != group.end() &&
                std::any_of(group.begin(), here,
                            [&](const std::string& better) { return values.contains(better); }))
                return false;
        }
        return true;
    }

    void set(const std::string& name, const std::vector<sourced_value>& given) const {
        CLI::Option* option = const_cast<CLI::App&>(app_).get_option_no_throw("--" + name);
        if (option == nullptr || !option->get_configurable())
            return;
        try {
            for (const sourced_value& each : given)
                option->add_result(each.value);
            option->run_callback();
        } catch (const CLI::Error& fault) {
            throw usage_error(fmt::format("{}: {}", given.back().place, fault.what()));
        }
    }

    const CLI::App& app_;
    const alternatives& only_one_;
    std::set<std::string> decided_;
};

// `--type=` means an empty value; CLI11 would take the next argument for it.
std::vector<std::string> with_empty_values(const CLI::App& app,
                                           const std::vector<std::string>& arguments) {
    std::vector<std::string> result;
    bool options_ended = false;
    for (const std::string& each : arguments) {
        options_ended = options_ended || each == "--";
        const bool empty_value = !options_ended && each.size() > 3 && each.starts_with("--") &&
                                 each.find('=') == each.size() - 1;
        const std::string name = each.substr(0, each.size() - (empty_value ? 1 : 0));
        const CLI::Option* option = empty_value ? app.get_option_no_throw(name) : nullptr;
        if (option != nullptr && option->get_items_expected_min() > 0) {
            result.push_back(name);
            result.emplace_back();
        } else {
            result.push_back(each);
        }
    }
    return result;
}

} // namespace

std::optional<std::string> parse_command_line(CLI::App& app, std::vector<std::string> arguments,
                                              std::string_view section,
                                              const alternatives& only_one) {
    arguments = with_empty_values(app, arguments);
    std::reverse(arguments.begin(), arguments.end());
    try {
        app.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
        return app.help();
    } catch (const CLI::CallForVersion& version) {
        return std::string(version.what()) + "\n";
    } catch (const CLI::Error& fault) {
        throw usage_error(fault.what());
    }
    filler fill(app, only_one);
    const source environment = read_environment(app);
    fill.fill_from(environment);
    if (is_given(app, "config"))
        fill.fill_from(read_file(app, app.get_option("--config")->results().back(), section));
    return std::nullopt;
}

CLI::Option* add_parsed(CLI::App& app, const std::string& names, const std::string& value_name,
                        std::function<std::string(const std::string&)> parse,
                        const std::string& description) {
    const std::size_t dashes = names.find("--");
    const std::string shown = dashes == std::string::npos ? names : names.substr(dashes);
    const auto take = [parse = std::move(parse), shown](const std::string& text) {
        if (const std::string fault = parse(text); !fault.empty())
            throw CLI::ValidationError(shown, fault);
    };
    return app.add_option_function<std::string>(names, take, description)->type_name(value_name);
}

CLI::Option* add_repeatable(CLI::App& app, const std::string& names, const std::string& value_name,
                            std::vector<std::string>& values, const std::string& description) {
    return app.add_option(names, values, description)
        ->type_name(value_name)
        ->allow_extra_args(false);
}

std::vector<std::string> operands_of(const CLI::App& app, std::string_view remedy) {
    std::vector<std::string> result;
    bool options_ended = false;
    for (const std::string& each : app.remaining()) {
        if (!options_ended && each == "--") {
            options_ended = true;
            continue;
        }
        if (!options_ended && each.size() > 1 && each.front() == '-')
            throw usage_error(fmt::format("there is no option '{}'{}{}", each,
                                          remedy.empty() ? "" : "; ", remedy));
        result.push_back(each);
    }
    return result;
}

bool is_given(const CLI::App& app, const std::string& name) {
    const CLI::Option* option = app.get_option_no_throw("--" + name);
    return option != nullptr && option->count() > 0;
}

std::string environment_name(std::string_view long_name) {
    std::string result = "TASKWIRE_";
    for (const char c : long_name)
        result += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return result;
}

} // namespace taskwire::tools
