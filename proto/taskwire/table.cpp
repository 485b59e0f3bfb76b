#include <taskwire/table.hpp>

#include <bit>
#include <cmath>

#include <taskwire/endian.hpp>

namespace taskwire {
namespace {

using wire::load;

constexpr std::size_t not_fixed = static_cast<std::size_t>(-1);
constexpr std::size_t unknown_kind = static_cast<std::size_t>(-2);

/// Bytes of a value of that kind; not_fixed for those that carry their own length.
constexpr std::size_t fixed_size(char kind) {
    switch (static_cast<field_kind>(kind)) {
    case field_kind::none:
        return 0;
    case field_kind::boolean:
    case field_kind::int8:
    case field_kind::uint8:
        return 1;
    case field_kind::int16:
    case field_kind::uint16:
        return 2;
    case field_kind::int32:
    case field_kind::uint32:
    case field_kind::float32:
        return 4;
    case field_kind::decimal:
        return 5;
    case field_kind::int64:
    case field_kind::int64_alternative:
    case field_kind::float64:
    case field_kind::timestamp:
        return 8;
    case field_kind::long_string:
    case field_kind::byte_array:
    case field_kind::array:
    case field_kind::table:
        return not_fixed;
    }
    return unknown_kind;
}

std::error_code validate_fields(std::string_view bytes, bool named, std::size_t depth_left);

/// Validates the value at the front of `rest` and removes it.
std::error_code validate_value(std::string_view& rest, std::size_t depth_left) {
    if (rest.empty())
        return errc::malformed_table;
    const char kind = rest.front();
    rest.remove_prefix(1);
    std::size_t size = fixed_size(kind);
    if (size == unknown_kind)
        return errc::unknown_field_kind;
    if (size == not_fixed) {
        if (rest.size() < 4)
            return errc::malformed_table;
        size = load<std::uint32_t>(rest.data());
        rest.remove_prefix(4);
    }
    if (rest.size() < size)
        return errc::malformed_table;
    const auto payload = rest.substr(0, size);
    rest.remove_prefix(size);
    if (kind == static_cast<char>(field_kind::table))
        return validate_fields(payload, true, depth_left);
    if (kind == static_cast<char>(field_kind::array))
        return validate_fields(payload, false, depth_left);
    return {};
}

std::error_code validate_fields(std::string_view bytes, bool named, std::size_t depth_left) {
    if (depth_left == 0)
        return errc::table_too_deep;
    while (!bytes.empty()) {
        if (named) {
            const std::size_t size = static_cast<unsigned char>(bytes.front());
            if (bytes.size() - 1 < size)
                return errc::malformed_table;
            bytes.remove_prefix(1 + size);
        }
        if (const auto fault = validate_value(bytes, depth_left - 1))
            return fault;
    }
    return {};
}

/// The value at `at` and the place behind it. Only for validated bytes.
struct walked {
    field_value value;
    const char* behind;
};

walked walk(const char* at) {
    const char kind = *at++;
    std::size_t size = fixed_size(kind);
    if (size == not_fixed) {
        size = load<std::uint32_t>(at);
        at += 4;
    }
    return {field_value{static_cast<field_kind>(kind), {at, size}}, at + size};
}

std::string sized(field_kind kind, std::string_view payload) {
    if (payload.size() > 0xffffffffU)
        throw std::system_error{errc::string_too_long};
    std::string encoded(5, static_cast<char>(kind));
    wire::store(encoded.data() + 1, static_cast<std::uint32_t>(payload.size()));
    return encoded.append(payload);
}

template <class Unsigned>
std::string fixed(field_kind kind, Unsigned value) {
    std::string encoded(1 + sizeof value, static_cast<char>(kind));
    wire::store(encoded.data() + 1, value);
    return encoded;
}

} // namespace

std::optional<bool> field_value::as_bool() const {
    if (kind_ != field_kind::boolean)
        return std::nullopt;
    return payload_.front() != 0;
}

std::optional<std::int64_t> field_value::as_integer() const {
    const char* at = payload_.data();
    switch (kind_) {
    case field_kind::int8:
        return static_cast<std::int8_t>(load<std::uint8_t>(at));
    case field_kind::uint8:
        return load<std::uint8_t>(at);
    case field_kind::int16:
        return static_cast<std::int16_t>(load<std::uint16_t>(at));
    case field_kind::uint16:
        return load<std::uint16_t>(at);
    case field_kind::int32:
        return static_cast<std::int32_t>(load<std::uint32_t>(at));
    case field_kind::uint32:
        return load<std::uint32_t>(at);
    case field_kind::int64:
    case field_kind::int64_alternative:
        return static_cast<std::int64_t>(load<std::uint64_t>(at));
    default:
        return std::nullopt;
    }
}

std::optional<double> field_value::as_double() const {
    if (kind_ == field_kind::float32)
        return std::bit_cast<float>(load<std::uint32_t>(payload_.data()));
    if (kind_ == field_kind::float64)
        return std::bit_cast<double>(load<std::uint64_t>(payload_.data()));
    return std::nullopt;
}

std::optional<std::string_view> field_value::as_string() const {
    if (kind_ == field_kind::long_string || kind_ == field_kind::byte_array)
        return payload_;
    return std::nullopt;
}

std::optional<decimal> field_value::as_decimal() const {
    if (kind_ != field_kind::decimal)
        return std::nullopt;
    return decimal{load<std::uint8_t>(payload_.data()),
                   static_cast<std::int32_t>(load<std::uint32_t>(payload_.data() + 1))};
}

std::optional<timestamp> field_value::as_timestamp() const {
    if (kind_ != field_kind::timestamp)
        return std::nullopt;
    return timestamp{load<std::uint64_t>(payload_.data())};
}

std::optional<table_view> field_value::as_table() const {
    if (kind_ != field_kind::table)
        return std::nullopt;
    return table_view::of_validated(payload_);
}

std::optional<array_view> field_value::as_array() const {
    if (kind_ != field_kind::array)
        return std::nullopt;
    return array_view{payload_};
}

namespace detail {

template <>
field field_iterator<true>::operator*() const {
    const std::size_t size = static_cast<unsigned char>(*at_);
    return {{at_ + 1, size}, walk(at_ + 1 + size).value};
}

template <>
field_iterator<true>& field_iterator<true>::operator++() {
    at_ = walk(at_ + 1 + static_cast<unsigned char>(*at_)).behind;
    return *this;
}

template <>
field_value field_iterator<false>::operator*() const {
    return walk(at_).value;
}

template <>
field_iterator<false>& field_iterator<false>::operator++() {
    at_ = walk(at_).behind;
    return *this;
}

} // namespace detail

std::error_code table_view::parse(std::string_view bytes, std::size_t depth_max, table_view& out) {
    if (const auto fault = validate_fields(bytes, true, depth_max))
        return fault;
    out.bytes_ = bytes;
    return {};
}

std::optional<field_value> table_view::find(std::string_view name) const {
    for (const auto& [key, value] : *this)
        if (key == name)
            return value;
    return std::nullopt;
}

table_value::table_value(bool value)
    : encoded_(fixed(field_kind::boolean, static_cast<std::uint8_t>(value ? 1 : 0))) {}
table_value::table_value(std::int8_t value)
    : encoded_(fixed(field_kind::int8, static_cast<std::uint8_t>(value))) {}
table_value::table_value(std::uint8_t value) : encoded_(fixed(field_kind::uint8, value)) {}
table_value::table_value(std::int16_t value)
    : encoded_(fixed(field_kind::int16, static_cast<std::uint16_t>(value))) {}
table_value::table_value(std::uint16_t value) : encoded_(fixed(field_kind::uint16, value)) {}
table_value::table_value(std::int32_t value)
    : encoded_(fixed(field_kind::int32, static_cast<std::uint32_t>(value))) {}
table_value::table_value(std::uint32_t value) : encoded_(fixed(field_kind::uint32, value)) {}
table_value::table_value(std::int64_t value)
    : encoded_(fixed(field_kind::int64, static_cast<std::uint64_t>(value))) {}
table_value::table_value(float value)
    : encoded_(fixed(field_kind::float32, std::bit_cast<std::uint32_t>(value))) {
    if (!std::isfinite(value))
        throw std::system_error{errc::number_not_finite};
}
table_value::table_value(double value)
    : encoded_(fixed(field_kind::float64, std::bit_cast<std::uint64_t>(value))) {
    if (!std::isfinite(value))
        throw std::system_error{errc::number_not_finite};
}
table_value::table_value(decimal value) : encoded_(fixed(field_kind::decimal, value.scale)) {
    encoded_.resize(6);
    wire::store(encoded_.data() + 2, static_cast<std::uint32_t>(value.unscaled));
}
table_value::table_value(timestamp value) : encoded_(fixed(field_kind::timestamp, value.seconds)) {}
table_value::table_value(std::nullptr_t) : encoded_(1, static_cast<char>(field_kind::none)) {}
table_value::table_value(std::string_view text) : encoded_(sized(field_kind::long_string, text)) {}
table_value::table_value(const table& fields) : table_value(fields.view()) {}
table_value::table_value(table_view fields) : encoded_(sized(field_kind::table, fields.bytes())) {}
table_value::table_value(const array& values)
    : encoded_(sized(field_kind::array, values.view().bytes())) {}
table_value::table_value(const field_value& value) {
    if (fixed_size(static_cast<char>(value.kind())) == not_fixed)
        encoded_ = sized(value.kind(), value.payload());
    else
        encoded_.append(1, static_cast<char>(value.kind())).append(value.payload());
}

table_value table_value::bytes(std::string_view value) {
    return table_value{field_value{field_kind::byte_array, value}};
}

table::table(std::initializer_list<item> items) {
    for (const auto& each : items)
        append(each.name, each.value);
}

table& table::append(std::string_view name, const table_value& value) {
    if (name.size() > 255)
        throw std::system_error{errc::string_too_long, "a field name of a table"};
    bytes_.append(1, static_cast<char>(static_cast<unsigned char>(name.size())));
    bytes_.append(name).append(value.encoded());
    return *this;
}

table& table::erase(std::string_view name) {
    if (!find(name))
        return *this;
    table kept;
    for (const auto& [key, value] : view())
        if (key != name)
            kept.append(key, value);
    return *this = std::move(kept);
}

array::array(std::initializer_list<table_value> values) {
    for (const auto& each : values)
        append(each);
}

array& array::append(const table_value& value) {
    bytes_.append(value.encoded());
    return *this;
}

} // namespace taskwire
