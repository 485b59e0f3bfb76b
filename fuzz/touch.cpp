#include "touch.hpp"

#include <string>
#include <variant>

#include "target.hpp"

namespace taskwire::fuzz {
namespace {

/// One of the readings of a value has to work, and only those of its kind.
void touch_value(const field_value& value, std::size_t depth);

template <class Range>
void touch_all(const Range& range, std::size_t depth) {
    hold(depth <= table_depth_max_default, "tables keep to table_depth_max");
    for (const auto& each : range) {
        if constexpr (requires { each.name; }) {
            touch(each.name);
            touch_value(each.value, depth);
        } else {
            touch_value(each, depth);
        }
    }
}

void touch_value(const field_value& value, std::size_t depth) {
    touch(value.payload());
    const int readings = (value.as_bool() ? 1 : 0) + (value.as_integer() ? 1 : 0) +
                         (value.as_double() ? 1 : 0) + (value.as_string() ? 1 : 0) +
                         (value.as_decimal() ? 1 : 0) + (value.as_timestamp() ? 1 : 0) +
                         (value.as_table() ? 1 : 0) + (value.as_array() ? 1 : 0);
    hold(readings == (value.kind() == field_kind::none ? 0 : 1), "a value is of one kind");
    if (const auto fields = value.as_table())
        touch_all(*fields, depth + 1);
    if (const auto values = value.as_array())
        touch_all(*values, depth + 1);
}

void touch_message(const proto::content& message) {
    spec::basic::properties again;
    wire::reader in{message.property_list};
    hold(wire::decode_properties(in, again) && again == message.properties,
         "properties are those of their list");
    touch(message.properties.headers.value_or(table_view{}));
    touch(message.body);
}

void touch_reply(const proto::event::reply& reply) {
    spec::any_method method;
    wire::reader in{reply.arguments};
    hold(spec::decode_method(reply.method, in, method), "a reply's arguments were validated");
    std::visit([](const auto& each) { touch(encoded(each)); }, method);
    if (reply.message != nullptr)
        touch_message(*reply.message);
}

void touch_reason(const proto::close_reason& reason) {
    touch(reason.text);
    touch(reason.code.message());
}

} // namespace

void touch(std::string_view bytes) {
    [[maybe_unused]] volatile unsigned char seen = 0;
    for (const auto each : bytes)
        seen = static_cast<unsigned char>(each);
}

void touch(table_view fields) {
    touch_all(fields, 1);
}

void touch(const proto::any_event& event) {
    namespace e = proto::event;
    if (const auto* reply = std::get_if<e::reply>(&event)) {
        touch_reply(*reply);
    } else if (const auto* delivery = std::get_if<e::delivery>(&event)) {
        touch(encoded(delivery->method));
        touch_message(*delivery->message);
    } else if (const auto* returned = std::get_if<e::returned>(&event)) {
        touch(encoded(returned->method));
        touch_message(*returned->message);
    } else if (const auto* cancelled = std::get_if<e::consumer_cancelled>(&event)) {
        touch(cancelled->consumer_tag);
    } else if (const auto* blocked = std::get_if<e::blocked>(&event)) {
        touch(blocked->reason);
    } else if (const auto* ended = std::get_if<e::channel_closed>(&event)) {
        touch_reason(*ended->reason);
    } else if (const auto* closed = std::get_if<e::closed>(&event)) {
        touch_reason(*closed->reason);
    }
}

} // namespace taskwire::fuzz
