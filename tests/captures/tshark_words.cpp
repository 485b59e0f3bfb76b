#include "tshark_words.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <ctime>

#include <support/frames.hpp>
#include <taskwire/endian.hpp>
#include <taskwire/spec.gen.hpp>

#include "capture.hpp"

namespace taskwire::test {
namespace {

using nlohmann::json;

template <class... Values>
std::string formatted(const char* format, Values... values) {
    std::array<char, 400> text{};
    std::snprintf(text.data(), text.size(), format, values...);
    return text.data();
}

std::string hex(std::string_view bytes, std::string_view separator = "") {
    std::string text;
    for (const char each : bytes)
        text += (text.empty() ? "" : std::string{separator}) +
                formatted("%02x", static_cast<unsigned>(static_cast<unsigned char>(each)));
    return text;
}

std::string date(std::uint64_t seconds) {
    const auto when = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&when, &parts);
    std::array<char, 64> text{};
    std::strftime(text.data(), text.size(), "%b %e, %Y %H:%M:%S.000000000 UTC", &parts);
    return text.data();
}

std::string_view kind_name(field_kind kind) {
    switch (kind) {
    case field_kind::boolean:
        return "boolean";
    case field_kind::int8:
        return "byte";
    case field_kind::uint8:
        return "unsigned byte";
    case field_kind::int16:
        return "short int";
    case field_kind::uint16:
        return "short uint";
    case field_kind::int32:
        return "integer";
    case field_kind::uint32:
        return "unsigned integer";
    case field_kind::int64:
        return "long int";
    case field_kind::int64_alternative:
        return "L";
    case field_kind::float32:
        return "float";
    case field_kind::float64:
        return "double";
    case field_kind::decimal:
        return "decimal";
    case field_kind::long_string:
        return "string";
    case field_kind::byte_array:
        return "byte array";
    case field_kind::array:
        return "array";
    case field_kind::table:
        return "field table";
    case field_kind::timestamp:
        return "timestamp";
    case field_kind::none:
        return "void";
    }
    return "?";
}

std::string scalar(const field_value& value) {
    if (const auto flag = value.as_bool())
        return *flag ? "true" : "false";
    if (const auto number = value.as_integer())
        return std::to_string(*number);
    if (const auto number = value.as_double())
        return formatted("%f", *number);
    if (const auto number = value.as_decimal())
        return formatted("%f", number->unscaled / std::pow(10.0, number->scale));
    if (const auto time = value.as_timestamp())
        return date(time->seconds);
    if (value.kind() == field_kind::byte_array)
        return hex(value.payload());
    return std::string{value.payload()};
}

json words(table_view fields);

json words(const std::string& name, const field_value& value) {
    auto text = name + " (" + std::string{kind_name(value.kind())} + ")";
    json children = json::array();
    if (const auto fields = value.as_table()) {
        children = words(*fields);
    } else if (const auto values = value.as_array()) {
        for (const auto each : *values)
            children.push_back(words("[" + std::to_string(children.size()) + "]", each));
    } else {
        return text + ": " + scalar(value);
    }
    return children.empty() ? json(text) : json{text, children};
}

json words(table_view fields) {
    json result = json::array();
    for (const auto& [name, value] : fields)
        result.push_back(words(std::string{name}, value));
    return result;
}

/// Visitor that collects [name, value] of every field; reserved ones are not ours to tell.
struct collector {
    json fields = json::array();

    void octet(std::string_view name, std::uint8_t v) { put(name, std::to_string(v)); }
    void short_uint(std::string_view name, std::uint16_t v) { put(name, std::to_string(v)); }
    void long_uint(std::string_view name, std::uint32_t v) { put(name, std::to_string(v)); }
    void longlong_uint(std::string_view name, std::uint64_t v) { put(name, std::to_string(v)); }
    void timestamp(std::string_view name, std::uint64_t v) { put(name, date(v)); }
    void shortstr(std::string_view name, std::string_view v, const wire::string_rule&) {
        put(name, std::string{v});
    }
    void longstr(std::string_view name, std::string_view v) { put(name, hex(v, ":")); }
    void table(std::string_view name, table_view v) { put(name, v.empty() ? json("") : words(v)); }
    template <class... Bits>
    void bits(const Bits&... each) {
        (flag(each), ...);
    }
    void reserved_octet() {}
    void reserved_short() {}
    void reserved_long() {}
    void reserved_longlong() {}
    void reserved_shortstr() {}
    void reserved_longstr() {}
    void reserved_table() {}

    void shortstr_property(int, std::string_view name, const std::optional<std::string_view>& v,
                           const wire::string_rule& rule) {
        if (v)
            shortstr(name, *v, rule);
    }
    void table_property(int, std::string_view name, const std::optional<table_view>& v) {
        if (v)
            table(name, *v);
    }
    void octet_property(int, std::string_view name, const std::optional<std::uint8_t>& v) {
        if (v)
            octet(name, *v);
    }
    void timestamp_property(int, std::string_view name, const std::optional<std::uint64_t>& v) {
        if (v)
            timestamp(name, *v);
    }
    void reserved_shortstr_property(int) {}

  private:
    void put(std::string_view name, const json& value) { fields.push_back({name, value}); }
    template <class Flag>
    void flag(const wire::bit<Flag>& each) {
        put(each.name, each.flag ? "1" : "0");
    }
    void flag(wire::reserved_bit) {}
};

template <class Struct>
json fields_of(const Struct& value) {
    collector visit;
    Struct::fields(value, visit);
    return visit.fields;
}

/// "basic.get-ok" becomes ["Basic (60)", "Get-Ok (71)"].
json method_words(std::string_view name, method_id id) {
    auto text = std::string{name};
    for (std::size_t at = 0; at < text.size(); ++at)
        if (at == 0 || text[at - 1] == '.' || text[at - 1] == '-')
            text[at] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[at])));
    const auto dot = text.find('.');
    return {text.substr(0, dot) + formatted(" (%d)", id.class_id),
            text.substr(dot + 1) + formatted(" (%d)", id.method_number)};
}

} // namespace

json tshark_words(const frame& each) {
    json result{{"size", each.payload.size() + frame_overhead},
                {"channel", std::to_string(each.channel)},
                {"length", std::to_string(each.payload.size())}};
    switch (each.type) {
    case frame_type::method:
        result["type"] = "Method (1)";
        std::visit(
            [&]<class Method>(const Method& method) {
                result["method"] = method_words(Method::name, Method::id);
                result["fields"] = fields_of(method);
            },
            method_of(each));
        break;
    case frame_type::header: {
        const auto header = header_of(each);
        result["type"] = "Content header (2)";
        result["class"] = std::to_string(header.fixed.class_id);
        result["weight"] = std::to_string(header.fixed.weight);
        result["body-size"] = std::to_string(header.fixed.body_size);
        const unsigned flags = wire::load<std::uint16_t>(header.fixed.property_list.data());
        result["property-flags"] = formatted("0x%04x", flags);
        result["fields"] = fields_of(header.properties);
        break;
    }
    case frame_type::body:
        result["type"] = "Content body (3)";
        result["payload"] = hex(each.payload);
        break;
    case frame_type::heartbeat:
        result["type"] = "Heartbeat (8)";
        break;
    }
    return result;
}

std::string encoded_again(const frame& each) {
    switch (each.type) {
    case frame_type::method:
        return std::visit([&](const auto& value) { return method(each.channel, value); },
                          method_of(each));
    case frame_type::header: {
        const auto value = header_of(each);
        return header(each.channel, value.fixed.body_size, value.properties);
    }
    case frame_type::body:
        return body(each.channel, each.payload);
    case frame_type::heartbeat:
        return heartbeat();
    }
    return {};
}

} // namespace taskwire::test
