#include "librabbitmq.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <iterator>

#include "canonical.hpp"

namespace taskwire::test {
namespace {

amqp_field_value_t c_value(const field_value& from, c_pool& pool);

amqp_array_t c_array(array_view from, c_pool& pool) {
    amqp_array_t to{};
    to.num_entries = static_cast<int>(std::distance(from.begin(), from.end()));
    to.entries = pool.make<amqp_field_value_t>(to.num_entries + 1);
    std::transform(from.begin(), from.end(), to.entries,
                   [&](const field_value& each) { return c_value(each, pool); });
    return to;
}

amqp_field_value_t c_value(const field_value& from, c_pool& pool) {
    amqp_field_value_t to{};
    to.kind = static_cast<std::uint8_t>(from.kind());
    switch (from.kind()) {
    case field_kind::boolean:
        to.value.boolean = *from.as_bool() ? 1 : 0;
        break;
    case field_kind::int8:
        to.value.i8 = static_cast<std::int8_t>(*from.as_integer());
        break;
    case field_kind::uint8:
        to.value.u8 = static_cast<std::uint8_t>(*from.as_integer());
        break;
    case field_kind::int16:
        to.value.i16 = static_cast<std::int16_t>(*from.as_integer());
        break;
    case field_kind::uint16:
        to.value.u16 = static_cast<std::uint16_t>(*from.as_integer());
        break;
    case field_kind::int32:
        to.value.i32 = static_cast<std::int32_t>(*from.as_integer());
        break;
    case field_kind::uint32:
        to.value.u32 = static_cast<std::uint32_t>(*from.as_integer());
        break;
    case field_kind::int64:
    case field_kind::int64_alternative:
        to.value.i64 = *from.as_integer();
        break;
    case field_kind::float32:
        to.value.f32 = static_cast<float>(*from.as_double());
        break;
    case field_kind::float64:
        to.value.f64 = *from.as_double();
        break;
    case field_kind::decimal:
        to.value.decimal = {from.as_decimal()->scale,
                            static_cast<std::uint32_t>(from.as_decimal()->unscaled)};
        break;
    case field_kind::timestamp:
        to.value.u64 = from.as_timestamp()->seconds;
        break;
    case field_kind::long_string:
    case field_kind::byte_array:
        to.value.bytes = c_bytes(*from.as_string());
        break;
    case field_kind::array:
        to.value.array = c_array(*from.as_array(), pool);
        break;
    case field_kind::table:
        to.value.table = c_table(*from.as_table(), pool);
        break;
    case field_kind::none:
        break;
    }
    return to;
}

table_value cxx_value(const amqp_field_value_t& from) {
    switch (from.kind) {
    case AMQP_FIELD_KIND_BOOLEAN:
        return from.value.boolean != 0;
    case AMQP_FIELD_KIND_I8:
        return from.value.i8;
    case AMQP_FIELD_KIND_U8:
        return from.value.u8;
    case AMQP_FIELD_KIND_I16:
        return from.value.i16;
    case AMQP_FIELD_KIND_U16:
        return from.value.u16;
    case AMQP_FIELD_KIND_I32:
        return from.value.i32;
    case AMQP_FIELD_KIND_U32:
        return from.value.u32;
    case AMQP_FIELD_KIND_I64:
        return std::int64_t{from.value.i64};
    case AMQP_FIELD_KIND_F32:
        return from.value.f32;
    case AMQP_FIELD_KIND_F64:
        return from.value.f64;
    case AMQP_FIELD_KIND_DECIMAL:
        return decimal{from.value.decimal.decimals,
                       static_cast<std::int32_t>(from.value.decimal.value)};
    case AMQP_FIELD_KIND_TIMESTAMP:
        return timestamp{from.value.u64};
    case AMQP_FIELD_KIND_UTF8:
        return view(from.value.bytes);
    case AMQP_FIELD_KIND_BYTES:
        return table_value::bytes(view(from.value.bytes));
    case AMQP_FIELD_KIND_VOID:
        return nullptr;
    case AMQP_FIELD_KIND_TABLE:
        return cxx_table(from.value.table);
    case AMQP_FIELD_KIND_ARRAY: {
        array values;
        for (int each = 0; each < from.value.array.num_entries; ++each)
            values.append(cxx_value(from.value.array.entries[each]));
        return values;
    }
    default:
        FAIL("librabbitmq read kind " << from.kind);
        return nullptr;
    }
}

std::string double_text(double number) {
    return std::to_string(std::bit_cast<std::uint64_t>(number));
}

std::string text_behind_letter(const amqp_field_value_t& from) {
    const auto& value = from.value;
    switch (from.kind) {
    case AMQP_FIELD_KIND_BOOLEAN:
        return value.boolean != 0 ? "1" : "0";
    case AMQP_FIELD_KIND_I8:
        return std::to_string(value.i8);
    case AMQP_FIELD_KIND_U8:
        return std::to_string(value.u8);
    case AMQP_FIELD_KIND_I16:
        return std::to_string(value.i16);
    case AMQP_FIELD_KIND_U16:
        return std::to_string(value.u16);
    case AMQP_FIELD_KIND_I32:
        return std::to_string(value.i32);
    case AMQP_FIELD_KIND_U32:
        return std::to_string(value.u32);
    case AMQP_FIELD_KIND_I64:
        return std::to_string(value.i64);
    case AMQP_FIELD_KIND_F32:
        return double_text(double{value.f32});
    case AMQP_FIELD_KIND_F64:
        return double_text(value.f64);
    case AMQP_FIELD_KIND_DECIMAL:
        return std::to_string(value.decimal.decimals) + "," + std::to_string(value.decimal.value);
    case AMQP_FIELD_KIND_TIMESTAMP:
        return std::to_string(value.u64);
    case AMQP_FIELD_KIND_UTF8:
    case AMQP_FIELD_KIND_BYTES:
        return canonical(view(value.bytes));
    case AMQP_FIELD_KIND_TABLE:
        return canonical(value.table);
    default:
        FAIL("librabbitmq read kind " << from.kind);
        return {};
    }
}

std::string value_text(const amqp_field_value_t& from) {
    std::string text(1, static_cast<char>(from.kind));
    if (from.kind == AMQP_FIELD_KIND_VOID)
        return text;
    if (from.kind != AMQP_FIELD_KIND_ARRAY)
        return text + ":" + text_behind_letter(from);
    text += ":[";
    for (int each = 0; each < from.value.array.num_entries; ++each)
        text.append(value_text(from.value.array.entries[each])).append(";");
    return text + "]";
}

} // namespace

amqp_table_t c_table(table_view from, c_pool& pool) {
    amqp_table_t to{};
    to.num_entries = static_cast<int>(std::distance(from.begin(), from.end()));
    to.entries = pool.make<amqp_table_entry_t>(to.num_entries + 1);
    std::transform(from.begin(), from.end(), to.entries, [&](const field& each) {
        return amqp_table_entry_t{c_bytes(each.name), c_value(each.value, pool)};
    });
    return to;
}

table cxx_table(const amqp_table_t& from) {
    table to;
    for (int each = 0; each < from.num_entries; ++each)
        to.append(view(from.entries[each].key), cxx_value(from.entries[each].value));
    return to;
}

std::string canonical(const amqp_table_t& from) {
    std::string text = "{";
    for (int each = 0; each < from.num_entries; ++each)
        text.append(canonical(view(from.entries[each].key)))
            .append("=")
            .append(value_text(from.entries[each].value))
            .append(";");
    return text + "}";
}

} // namespace taskwire::test
