#include <worker/task.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace taskwire::tools {

namespace {

using json = nlohmann::ordered_json;

json to_json(const field_value& value);

json to_json(table_view fields) {
    json object = json::object();
    for (const auto& [name, value] : fields) {
        if (!object.contains(name)) {
            object[std::string(name)] = to_json(value);
        }
    }
    return object;
}

json to_json(array_view values) {
    json list = json::array();
    for (const auto& value : values) {
        list.push_back(to_json(value));
    }
    return list;
}

// Its depth is bounded: the table was validated with table_depth_max.
json to_json(const field_value& value) {
    if (const auto flag = value.as_bool()) {
        return *flag;
    }
    if (const auto number = value.as_integer()) {
        return *number;
    }
    if (const auto number = value.as_double()) {
        return *number;
    }
    if (const auto text = value.as_string()) {
        return std::string(*text);
    }
    if (const auto number = value.as_decimal()) {
        return static_cast<double>(number->unscaled) / std::pow(10.0, number->scale);
    }
    if (const auto instant = value.as_timestamp()) {
        return instant->seconds;
    }
    if (const auto fields = value.as_table()) {
        return to_json(*fields);
    }
    if (const auto values = value.as_array()) {
        return to_json(*values);
    }
    return nullptr;
}

template <typename Text>
std::optional<std::string> owned_text(const std::optional<Text>& text) {
    return text ? std::optional<std::string>(std::string(*text)) : std::nullopt;
}

std::uint64_t count_in(table_view headers, std::string_view name) {
    const auto found = headers.find(name);
    const auto count = found ? found->as_integer() : std::nullopt;
    constexpr std::int64_t count_max = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(count.value_or(0), 0, count_max));
}

} // namespace

std::uint64_t attempt_of(const spec::basic::properties& properties) {
    const table_view headers = properties.headers.value_or(table_view{});
    return std::max(count_in(headers, "task-attempt"), count_in(headers, "x-delivery-count")) + 1;
}

task_info describe_task(const delivery& from, const task_place& where, const std::string& id) {
    const auto properties = from.properties();
    task_info task;
    task.id = properties.message_id ? std::string(*properties.message_id) : id;
    task.attempt = attempt_of(properties);
    task.redelivered = from.redelivered();
    task.queue = where.queue;
    task.exchange = from.exchange();
    task.routing_key = from.routing_key();
    task.body_size = from.body().size();
    task.slot = where.slot;
    task.timeout = where.timeout;
    task.type = owned_text(properties.type);
    task.content_type = owned_text(properties.content_type);
    task.content_encoding = owned_text(properties.content_encoding);
    task.correlation_id = owned_text(properties.correlation_id);
    task.reply_to = owned_text(properties.reply_to);
    task.expiration = owned_text(properties.expiration);
    task.user_id = owned_text(properties.user_id);
    task.app_id = owned_text(properties.app_id);
    task.priority = properties.priority;
    task.delivery_mode = properties.delivery_mode;
    task.timestamp_s = properties.timestamp;
    for (const auto& [name, value] : properties.headers.value_or(table_view{})) {
        task.headers.emplace_back(std::string(name), to_json(value));
    }
    return task;
}

} // namespace taskwire::tools
