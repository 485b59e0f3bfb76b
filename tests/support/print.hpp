#pragma once

#include <string>
#include <string_view>

#include <taskwire/frame.hpp>
#include <taskwire/proto/event.hpp>
#include <taskwire/spec.gen.hpp>

/// Text of what goes over the wire and of what a machine reports, for expectations in tests.
///
/// A field that is zero, empty or unset is left out: "queue.declare queue=jobs durable".
namespace taskwire::test {

/// The bytes with everything that is not printable as \xhh.
std::string escaped(std::string_view bytes);

/// "{x-priority=I:10 nested=F:{} list=A:[t:1 V]}"
std::string text_of(table_view fields);
std::string text_of(const field_value& value);

/// "basic.ack delivery_tag=1 multiple"; "(60,99)" for an unknown method or malformed arguments.
std::string text_of_method(method_id id, std::string_view arguments);

/// " delivery_mode=2 headers={...}"
std::string text_of(const spec::basic::properties& properties);

/// "1 queue.declare queue=jobs", "1 header size=5 delivery_mode=2", "1 body hello", "0 heartbeat"
std::string text_of(const frame& each);

/// "NOT_FOUND (404)"; "none" for no error
std::string text_of(const std::error_code& code);

/// "reply 1.1 #3 queue.declare-ok queue=jobs": channel number and epoch, request, what.
std::string text_of(const proto::any_event& event);

/// Visitor that prints fields; see `text_of_method`.
struct printer {
    std::string text;

    void octet(std::string_view name, std::uint8_t value) { number(name, value); }
    void short_uint(std::string_view name, std::uint16_t value) { number(name, value); }
    void long_uint(std::string_view name, std::uint32_t value) { number(name, value); }
    void longlong_uint(std::string_view name, std::uint64_t value) { number(name, value); }
    void timestamp(std::string_view name, std::uint64_t value) { number(name, value); }
    void shortstr(std::string_view name, std::string_view value, const wire::string_rule&) {
        string(name, value);
    }
    void longstr(std::string_view name, std::string_view value) { string(name, value); }
    void table(std::string_view name, table_view fields) {
        if (!fields.empty())
            put(name, text_of(fields));
    }
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

    // Properties that are present are printed even when they are empty.
    void shortstr_property(int, std::string_view name, const std::optional<std::string_view>& value,
                           const wire::string_rule&) {
        if (value)
            put(name, escaped(*value));
    }
    void table_property(int, std::string_view name, const std::optional<table_view>& fields) {
        if (fields)
            put(name, text_of(*fields));
    }
    void octet_property(int, std::string_view name, const std::optional<std::uint8_t>& value) {
        if (value)
            put(name, std::to_string(*value));
    }
    void timestamp_property(int, std::string_view name, const std::optional<std::uint64_t>& value) {
        if (value)
            put(name, std::to_string(*value));
    }
    void reserved_shortstr_property(int) {}

  private:
    void put(std::string_view name, std::string_view value) {
        text.append(" ").append(name).append("=").append(value);
    }
    void number(std::string_view name, std::uint64_t value) {
        if (value != 0)
            put(name, std::to_string(value));
    }
    void string(std::string_view name, std::string_view value) {
        if (!value.empty())
            put(name, escaped(value));
    }
    template <class Flag>
    void flag(const wire::bit<Flag>& each) {
        if (each.flag)
            text.append(" ").append(each.name);
    }
    void flag(wire::reserved_bit) {}
};

} // namespace taskwire::test
