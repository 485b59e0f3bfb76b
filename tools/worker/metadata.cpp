#include <worker/metadata.hpp>

#include <string_view>

namespace taskwire::tools {

namespace {

using json = nlohmann::ordered_json;

template <typename Value>
json or_null(const std::optional<Value>& value) {
    return value ? json(*value) : json(nullptr);
}

json properties_of(const task_info& task) {
    json properties = json::object();
    const auto add = [&properties](std::string_view name, const auto& value) {
        if (value) {
            properties[std::string(name)] = *value;
        }
    };
    add("content_type", task.content_type);
    add("content_encoding", task.content_encoding);
    add("delivery_mode", task.delivery_mode);
    add("priority", task.priority);
    add("correlation_id", task.correlation_id);
    add("reply_to", task.reply_to);
    add("expiration", task.expiration);
    add("timestamp", task.timestamp_s);
    add("type", task.type);
    add("user_id", task.user_id);
    add("app_id", task.app_id);
    return properties;
}

} // namespace

std::string metadata_json(const task_info& task) {
    json headers = json::object();
    for (const auto& [name, value] : task.headers) {
        if (!headers.contains(name)) {
            headers[name] = value;
        }
    }
    json object = json::object();
    object["id"] = task.id;
    object["attempt"] = task.attempt;
    object["max_attempts"] = or_null(task.max_attempts);
    object["last_attempt"] = task.is_last_attempt();
    object["redelivered"] = task.redelivered;
    object["queue"] = task.queue;
    object["exchange"] = task.exchange;
    object["routing_key"] = task.routing_key;
    object["body_size"] = task.body_size;
    object["slot"] = task.slot;
    object["timeout_ms"] = task.timeout ? json(task.timeout->count()) : json(nullptr);
    object["properties"] = properties_of(task);
    object["headers"] = std::move(headers);
    return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace taskwire::tools
