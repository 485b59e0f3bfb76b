#include <support/print.hpp>

#include <algorithm>
#include <cstdio>

#include <taskwire/endian.hpp>

namespace taskwire::test {
namespace {

std::string text_of(proto::channel_id who) {
    return std::to_string(who.number) + "." + std::to_string(who.epoch);
}

std::string text_of(const proto::close_reason* reason) {
    std::string text = test::text_of(reason->code);
    if (!reason->text.empty())
        text += " '" + reason->text + "'";
    if (reason->by_peer)
        text += " by peer";
    if (const auto [class_id, number] = reason->method; class_id != 0 || number != 0)
        text += " for " + std::to_string(class_id) + "," + std::to_string(number);
    return text;
}

std::string text_of(const proto::content* message) {
    const auto properties = test::text_of(message->properties);
    return " |" + properties + " | " + escaped(message->body);
}

template <class Method>
std::string text_of_fields(const Method& method) {
    printer visit;
    Method::fields(method, visit);
    return visit.text;
}

struct event_printer {
    std::string operator()(std::monostate) const { return "nothing"; }
    std::string operator()(const proto::event::opened&) const { return "opened"; }
    std::string operator()(const proto::event::reply& e) const {
        return "reply " + text_of(e.channel) + " #" + std::to_string(e.request) + " " +
               text_of_method(e.method, e.arguments) + (e.message ? text_of(e.message) : "");
    }
    std::string operator()(const proto::event::failed& e) const {
        return "failed " + text_of(e.channel) + " #" + std::to_string(e.request) + " " +
               test::text_of(e.code);
    }
    std::string operator()(const proto::event::delivery& e) const {
        return "delivery " + text_of(e.channel) + text_of_fields(e.method) + text_of(e.message);
    }
    std::string operator()(const proto::event::returned& e) const {
        return "returned " + text_of(e.channel) + " #" + std::to_string(e.sequence) +
               text_of_fields(e.method) + text_of(e.message);
    }
    std::string operator()(const proto::event::settled& e) const {
        return "settled " + text_of(e.channel) + " " + std::to_string(e.first) + "-" +
               std::to_string(e.last) + (e.nacked ? " nacked" : "");
    }
    std::string operator()(const proto::event::consumer_cancelled& e) const {
        return "consumer_cancelled " + text_of(e.channel) + " " + escaped(e.consumer_tag);
    }
    std::string operator()(const proto::event::flow& e) const {
        return "flow " + text_of(e.channel) + (e.active ? " active" : " paused");
    }
    std::string operator()(const proto::event::blocked& e) const {
        return "blocked " + escaped(e.reason);
    }
    std::string operator()(const proto::event::unblocked&) const { return "unblocked"; }
    std::string operator()(const proto::event::channel_closed& e) const {
        return "channel_closed " + text_of(e.channel) + " " + text_of(e.reason);
    }
    std::string operator()(const proto::event::closed& e) const {
        return "closed " + text_of(e.reason);
    }
};

} // namespace

std::string escaped(std::string_view bytes) {
    std::string text;
    for (const char each : bytes) {
        const auto octet = static_cast<unsigned char>(each);
        if (octet >= 0x20 && octet < 0x7f && each != '\\') {
            text.push_back(each);
        } else {
            char code[5];
            std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(octet));
            text.append(code);
        }
    }
    return text;
}

std::string text_of(const field_value& value) {
    std::string text(1, static_cast<char>(value.kind()));
    if (value.kind() == field_kind::none)
        return text;
    text += ':';
    if (const auto flag = value.as_bool())
        return text + (*flag ? "1" : "0");
    if (const auto number = value.as_integer())
        return text + std::to_string(*number);
    if (const auto fields = value.as_table())
        return text + text_of(*fields);
    if (const auto values = value.as_array()) {
        text += '[';
        for (const auto each : *values)
            text += (text.back() == '[' ? "" : " ") + text_of(each);
        return text + "]";
    }
    return text + escaped(value.payload());
}

std::string text_of(table_view fields) {
    std::string text = "{";
    for (const auto& [name, value] : fields)
        text.append(text.back() == '{' ? "" : " ")
            .append(escaped(name))
            .append("=")
            .append(text_of(value));
    return text + "}";
}

std::string text_of_method(method_id id, std::string_view arguments) {
    wire::reader in{arguments};
    spec::any_method method;
    if (!spec::decode_method(id, in, method))
        return "(" + std::to_string(id.class_id) + "," + std::to_string(id.method_number) + ")";
    return std::visit(
        [](const auto& each) { return std::string{each.name} + text_of_fields(each); }, method);
}

std::string text_of(const spec::basic::properties& properties) {
    return text_of_fields(properties);
}

std::string text_of(const frame& each) {
    auto text = std::to_string(each.channel) + " ";
    switch (each.type) {
    case frame_type::method: {
        if (each.payload.size() < 4)
            return text + "(no method)";
        const auto packed = wire::load<std::uint32_t>(each.payload.data());
        return text + text_of_method({static_cast<std::uint16_t>(packed >> 16U),
                                      static_cast<std::uint16_t>(packed & 0xffffU)},
                                     each.payload.substr(4));
    }
    case frame_type::header: {
        content_header header;
        spec::basic::properties properties;
        if (!parse_content_header(each.payload, header))
            return text + "(no header)";
        wire::reader in{header.property_list};
        if (!wire::decode_properties(in, properties) || in.left() != 0 || header.class_id != 60 ||
            header.weight != 0)
            return text + "(no header)";
        return text + "header size=" + std::to_string(header.body_size) + text_of(properties);
    }
    case frame_type::body:
        if (each.payload.size() > 100)
            return text + "body of " + std::to_string(each.payload.size());
        return text + "body " + escaped(each.payload);
    case frame_type::heartbeat:
        return text + "heartbeat" + escaped(each.payload);
    }
    return text + "(unknown frame)";
}

std::string text_of(const std::error_code& code) {
    return code ? code.message() : "none";
}

std::string text_of(const proto::any_event& event) {
    return std::visit(event_printer{}, event);
}

} // namespace taskwire::test
