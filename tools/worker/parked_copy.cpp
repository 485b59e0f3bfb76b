#include <worker/parked_copy.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace taskwire::tools {

namespace {

constexpr std::uint8_t persistent = 2;

constexpr std::array<std::string_view, 3> dropped_prefixes{"x-death", "x-first-death-",
                                                           "x-last-death-"};
constexpr std::array<std::string_view, 5> dropped_names{"x-delivery-count", "x-acquired-count",
                                                        "CC", "BCC", "taskwire-sequence"};
constexpr std::array<std::string_view, 5> replaced_names{"task-attempt", "task-error", "task-exit",
                                                         "task-host", "task-stderr"};

template <std::size_t Size>
bool is_in(const std::array<std::string_view, Size>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_dropped(std::string_view name) {
    return is_in(dropped_names, name) || is_in(replaced_names, name) ||
           std::any_of(dropped_prefixes.begin(), dropped_prefixes.end(),
                       [name](std::string_view prefix) { return name.starts_with(prefix); });
}

void append_if_absent(table& headers, std::string_view name, const table_value& value) {
    if (!headers.find(name)) {
        headers.append(name, value);
    }
}

std::int64_t to_signed(std::uint64_t count) {
    constexpr auto count_max = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min<std::uint64_t>(count, count_max));
}

table copied_headers(const spec::basic::properties& original, const failure_note& note) {
    table headers;
    for (const auto& [name, value] : original.headers.value_or(table_view{})) {
        if (!is_dropped(name)) {
            headers.append(name, value);
        }
    }
    headers.append("task-attempt", to_signed(note.attempt));
    headers.append("task-error", note.error);
    headers.append("task-exit", std::int32_t{note.exit_status});
    headers.append("task-host", note.host);
    append_if_absent(headers, "task-first-failed-at", timestamp{note.failed_at_s});
    append_if_absent(headers, "task-exchange", note.exchange);
    append_if_absent(headers, "task-routing-key", note.routing_key);
    if (!note.stderr_tail.empty()) {
        headers.append("task-stderr", note.stderr_tail);
    }
    return headers;
}

} // namespace

parked_copy::parked_copy(const spec::basic::properties& original, const failure_note& note,
                         std::string_view id, std::string_view login)
    : scalars_(original), headers_(copied_headers(original, note)) {
    texts_.content_type = original.content_type.value_or("");
    texts_.content_encoding = original.content_encoding.value_or("");
    texts_.correlation_id = original.correlation_id.value_or("");
    texts_.reply_to = original.reply_to.value_or("");
    texts_.message_id = original.message_id.value_or(id);
    texts_.type = original.type.value_or("");
    texts_.user_id = original.user_id.value_or("");
    texts_.app_id = original.app_id.value_or("");
    scalars_.message_id = id;
    scalars_.delivery_mode = persistent;
    scalars_.expiration.reset();
    if (original.user_id != login) {
        scalars_.user_id.reset();
    }
}

spec::basic::properties parked_copy::properties() const {
    spec::basic::properties result = scalars_;
    const auto look = [](std::optional<std::string_view>& field, const std::string& text) {
        if (field) {
            field = text;
        }
    };
    look(result.content_type, texts_.content_type);
    look(result.content_encoding, texts_.content_encoding);
    look(result.correlation_id, texts_.correlation_id);
    look(result.reply_to, texts_.reply_to);
    look(result.message_id, texts_.message_id);
    look(result.type, texts_.type);
    look(result.user_id, texts_.user_id);
    look(result.app_id, texts_.app_id);
    result.headers = headers_.view();
    return result;
}

} // namespace taskwire::tools
