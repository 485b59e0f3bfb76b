#include <worker/environment.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <unordered_set>

namespace taskwire::tools {

namespace {

// The kernel refuses a string over 128 KiB, and all of them together over a quarter of the stack.
constexpr std::size_t header_value_size_max = 32 * std::size_t{1024};

constexpr std::string_view header_prefix = "TASK_H_";

constexpr std::string_view task_names[] = {
    "TASK_ID",          "TASK_ATTEMPT",      "TASK_MAX_ATTEMPTS",   "TASK_LAST_ATTEMPT",
    "TASK_REDELIVERED", "TASK_QUEUE",        "TASK_EXCHANGE",       "TASK_ROUTING_KEY",
    "TASK_TYPE",        "TASK_CONTENT_TYPE", "TASK_CORRELATION_ID", "TASK_REPLY_TO",
    "TASK_PRIORITY",    "TASK_TIMESTAMP",    "TASK_BODY_SIZE",      "TASK_SLOT",
    "TASK_TIMEOUT",
};

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

bool is_ours_alone(std::string_view name) {
    return name == "AMQP_URL" || name == "NOTIFY_SOCKET" || name.starts_with("TASKWIRE_") ||
           name.starts_with(header_prefix) ||
           std::find(std::begin(task_names), std::end(task_names), name) != std::end(task_names);
}

// Not toupper: the locale must not decide what a variable is called.
std::string header_variable(std::string_view header) {
    std::string name(header_prefix);
    for (const char c : header) {
        if (c >= 'a' && c <= 'z') {
            name += static_cast<char>(c - 'a' + 'A');
        } else {
            const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            name += kept ? c : '_';
        }
    }
    return name;
}

// The text of a scalar; nothing for null, arrays and objects.
std::optional<std::string> scalar_text(const nlohmann::ordered_json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_boolean() || value.is_number()) {
        return value.dump();
    }
    return std::nullopt;
}

std::string seconds_text(std::chrono::milliseconds duration) {
    const auto ms = duration.count();
    return ms % 1000 == 0 ? std::to_string(ms / 1000)
                          : fmt::format("{}", static_cast<double>(ms) / 1000.0);
}

class variable_list {
  public:
    void add(std::string_view name, std::string_view value) {
        if (value.find('\0') == std::string_view::npos) {
            variables_.push_back(fmt::format("{}={}", name, value));
        }
    }
    template <typename Number>
        requires std::is_integral_v<Number>
    void add(std::string_view name, Number value) {
        add(name, std::string_view(std::to_string(value)));
    }
    template <typename Value>
    void add_if(std::string_view name, const std::optional<Value>& value) {
        if (value) {
            add(name, *value);
        }
    }
    std::vector<std::string> take() { return std::move(variables_); }

  private:
    std::vector<std::string> variables_;
};

} // namespace

std::vector<std::string> task_environment(const task_info& task) {
    variable_list list;
    list.add("TASK_ID", task.id);
    list.add("TASK_ATTEMPT", task.attempt);
    list.add_if("TASK_MAX_ATTEMPTS", task.max_attempts);
    list.add("TASK_LAST_ATTEMPT", task.is_last_attempt() ? 1 : 0);
    list.add("TASK_REDELIVERED", task.redelivered ? 1 : 0);
    list.add("TASK_QUEUE", task.queue);
    list.add("TASK_EXCHANGE", task.exchange);
    list.add("TASK_ROUTING_KEY", task.routing_key);
    list.add_if("TASK_TYPE", task.type);
    list.add_if("TASK_CONTENT_TYPE", task.content_type);
    list.add_if("TASK_CORRELATION_ID", task.correlation_id);
    list.add_if("TASK_REPLY_TO", task.reply_to);
    list.add_if("TASK_PRIORITY", task.priority);
    list.add_if("TASK_TIMESTAMP", task.timestamp_s);
    list.add("TASK_BODY_SIZE", task.body_size);
    list.add("TASK_SLOT", task.slot);
    if (task.timeout) {
        list.add("TASK_TIMEOUT", seconds_text(*task.timeout));
    }
    // Two headers may map to one name: "a-b" and "a_b". The first wins, as in the metadata.
    std::unordered_set<std::string> seen;
    for (const auto& [header, value] : task.headers) {
        const std::string name = header_variable(header);
        const auto text = scalar_text(value);
        if (!header.empty() && text && text->size() <= header_value_size_max &&
            seen.insert(name).second) {
            list.add(name, *text);
        }
    }
    return list.take();
}

std::vector<std::string> child_environment(const char* const* inherited,
                                           const std::vector<std::string>& additions) {
    std::unordered_set<std::string_view> replaced;
    for (const std::string& addition : additions) {
        replaced.insert(name_of(addition));
    }
    std::vector<std::string> variables;
    for (; *inherited != nullptr; ++inherited) {
        const std::string_view name = name_of(*inherited);
        if (!is_ours_alone(name) && !replaced.contains(name)) {
            variables.emplace_back(*inherited);
        }
    }
    variables.insert(variables.end(), additions.begin(), additions.end());
    return variables;
}

} // namespace taskwire::tools
