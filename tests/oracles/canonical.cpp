#include "canonical.hpp"

#include <algorithm>
#include <bit>

#include <support/print.hpp>

namespace taskwire::test {
namespace {

struct visitor {
    std::string text;

    void octet(std::string_view name, std::uint8_t value) { number(name, value); }
    void short_uint(std::string_view name, std::uint16_t value) { number(name, value); }
    void long_uint(std::string_view name, std::uint32_t value) { number(name, value); }
    void longlong_uint(std::string_view name, std::uint64_t value) { number(name, value); }
    void timestamp(std::string_view name, std::uint64_t value) { number(name, value); }
    void shortstr(std::string_view name, std::string_view value, const wire::string_rule&) {
        put(name, canonical(value));
    }
    void longstr(std::string_view name, std::string_view value) { put(name, canonical(value)); }
    void table(std::string_view name, table_view value) { put(name, canonical(value)); }
    template <class... Bits>
    void bits(const Bits&... each) {
        (number(each.name, each.flag ? 1 : 0), ...);
    }
    void reserved_octet() {}
    void reserved_short() {}
    void reserved_long() {}
    void reserved_longlong() {}
    void reserved_shortstr() {}
    void reserved_longstr() {}
    void reserved_table() {}

    void shortstr_property(int, std::string_view name, const std::optional<std::string_view>& value,
                           const wire::string_rule&) {
        if (value)
            put(name, canonical(*value));
    }
    void table_property(int, std::string_view name, const std::optional<table_view>& value) {
        if (value)
            put(name, canonical(*value));
    }
    void octet_property(int, std::string_view name, const std::optional<std::uint8_t>& value) {
        if (value)
            number(name, *value);
    }
    void timestamp_property(int, std::string_view name, const std::optional<std::uint64_t>& value) {
        if (value)
            number(name, *value);
    }
    void reserved_shortstr_property(int) {}

  private:
    void put(std::string_view name, std::string_view value) {
        text.append(" ").append(name).append("=").append(value);
    }
    void number(std::string_view name, std::uint64_t value) { put(name, std::to_string(value)); }
};

template <class Fields>
std::string canonical_fields(const Fields& value) {
    visitor visit;
    Fields::fields(value, visit);
    return visit.text;
}

} // namespace

std::string canonical(std::string_view text) {
    return std::to_string(text.size()) + ":" + escaped(text);
}

std::string canonical(table_view fields) {
    std::string text = "{";
    for (const auto& [name, value] : fields)
        text.append(canonical(name)).append("=").append(canonical(value)).append(";");
    return text + "}";
}

std::string canonical(const field_value& value) {
    std::string text(1, static_cast<char>(value.kind()));
    if (value.kind() == field_kind::none)
        return text;
    text += ':';
    if (const auto flag = value.as_bool())
        return text + (*flag ? "1" : "0");
    if (const auto number = value.as_integer())
        return text + std::to_string(*number);
    if (const auto number = value.as_double())
        return text + std::to_string(std::bit_cast<std::uint64_t>(*number));
    if (const auto number = value.as_decimal())
        return text + std::to_string(number->scale) + "," +
               std::to_string(static_cast<std::uint32_t>(number->unscaled));
    if (const auto when = value.as_timestamp())
        return text + std::to_string(when->seconds);
    if (const auto fields = value.as_table())
        return text + canonical(*fields);
    if (const auto values = value.as_array()) {
        text += '[';
        for (const auto each : *values)
            text.append(canonical(each)).append(";");
        return text + "]";
    }
    return text + canonical(value.payload());
}

std::string canonical(const spec::basic::properties& properties) {
    return canonical_fields(properties);
}

std::string canonical(const spec::any_method& method) {
    return std::visit(
        [](const auto& each) {
            std::string name{each.name};
            std::replace(name.begin(), name.end(), '-',
                         '_'); // "tune-ok", but tune_ok in C and Erlang
            return name + canonical_fields(each);
        },
        method);
}

} // namespace taskwire::test
