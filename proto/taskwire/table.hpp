#pragma once

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <taskwire/error.hpp>
#include <taskwire/types.hpp>

namespace taskwire {

/// The letter before a field value.
/// Source: AMQP 0-9-1 errata by RabbitMQ, section 3; its parser and generator.
enum class field_kind : char {
    boolean = 't',
    int8 = 'b',
    uint8 = 'B',
    int16 = 's',
    uint16 = 'u',
    int32 = 'I',
    uint32 = 'i',
    int64 = 'l',
    int64_alternative = 'L', ///< accepted, never sent
    float32 = 'f',
    float64 = 'd',
    decimal = 'D',
    long_string = 'S',
    byte_array = 'x',
    array = 'A',
    table = 'F',
    timestamp = 'T',
    none = 'V',
};

/// How deep tables and arrays may nest unless an option says otherwise.
inline constexpr std::size_t table_depth_max_default = 32;

/// A decimal: `unscaled` / 10^`scale`.
struct decimal {
    std::uint8_t scale = 0;
    std::int32_t unscaled = 0;
    friend constexpr bool operator==(decimal, decimal) = default;
};

/// Seconds since 1970-01-01 UTC; passed through as the sender wrote it.
struct timestamp {
    std::uint64_t seconds = 0;
    friend constexpr bool operator==(timestamp, timestamp) = default;
};

class table_view;
class array_view;

/// One value inside validated table bytes.
///
/// *Lifetimes*: looks into the bytes of the table it came from.
/// *Errors*: an accessor of the wrong kind returns nullopt.
class field_value {
  public:
    field_value(field_kind kind, std::string_view payload) : kind_(kind), payload_(payload) {}

    field_kind kind() const { return kind_; }
    /// The value's bytes without its letter and, for sized kinds, without its length.
    std::string_view payload() const { return payload_; }

    std::optional<bool> as_bool() const;
    /// Any of the integer kinds.
    std::optional<std::int64_t> as_integer() const;
    /// float or double.
    std::optional<double> as_double() const;
    /// Long string or byte array. Strings are bytes, not UTF-8.
    std::optional<std::string_view> as_string() const;
    std::optional<decimal> as_decimal() const;
    std::optional<timestamp> as_timestamp() const;
    std::optional<table_view> as_table() const;
    std::optional<array_view> as_array() const;

  private:
    field_kind kind_;
    std::string_view payload_;
};

/// A name and its value. Names are at most 255 bytes.
struct field {
    std::string_view name;
    field_value value;
};

namespace detail {

/// Walks the values of validated bytes; `Named` ones carry a name before each value.
template <bool Named>
class field_iterator {
  public:
    using value_type = std::conditional_t<Named, field, field_value>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    field_iterator() = default;
    explicit field_iterator(const char* at) : at_(at) {}

    value_type operator*() const;
    field_iterator& operator++();
    field_iterator operator++(int) {
        auto before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(field_iterator, field_iterator) = default;

  private:
    const char* at_ = nullptr;
};

template <>
field field_iterator<true>::operator*() const;
template <>
field_iterator<true>& field_iterator<true>::operator++();
template <>
field_value field_iterator<false>::operator*() const;
template <>
field_iterator<false>& field_iterator<false>::operator++();

} // namespace detail

/// A field table in wire form, looked at in place.
///
/// *Lifetimes*: the bytes belong to somebody else.
/// *Errors*: only `parse` can fail; a table_view that exists has been validated.
/// *Source*: AMQP 0-9-1, 4.2.5.5 and the errata.
class table_view {
  public:
    using iterator = detail::field_iterator<true>;

    table_view() = default;

    /// Validates `bytes`, a table's fields without the table's length.
    static std::error_code parse(std::string_view bytes, std::size_t depth_max, table_view& out);

    /// Wraps bytes that `parse` or `table` has validated before.
    static table_view of_validated(std::string_view bytes) {
        table_view view;
        view.bytes_ = bytes;
        return view;
    }

    std::string_view bytes() const { return bytes_; }
    bool empty() const { return bytes_.empty(); }
    iterator begin() const { return iterator{bytes_.data()}; }
    iterator end() const { return iterator{bytes_.data() + bytes_.size()}; }

    /// The first field of that name: duplicates are kept, in order.
    std::optional<field_value> find(std::string_view name) const;

    /// Equal bytes: the same fields, of the same kinds, in the same order.
    friend bool operator==(table_view, table_view) = default;

  private:
    std::string_view bytes_;
};

/// A field array in wire form, looked at in place. Only tables hand it out, validated.
class array_view {
  public:
    using iterator = detail::field_iterator<false>;

    explicit array_view(std::string_view bytes) : bytes_(bytes) {}

    std::string_view bytes() const { return bytes_; }
    bool empty() const { return bytes_.empty(); }
    iterator begin() const { return iterator{bytes_.data()}; }
    iterator end() const { return iterator{bytes_.data() + bytes_.size()}; }

  private:
    std::string_view bytes_;
};

class table;
class array;

/// A value on its way into a table, already in wire form.
///
/// *Errors*: throws std::system_error with errc::number_not_finite for NaN and infinity, which
/// RabbitMQ refuses. 64-bit unsigned integers have no kind that every broker reads alike, so they
/// do not convert.
class table_value {
  public:
    table_value(bool value);
    table_value(std::int8_t value);
    table_value(std::uint8_t value);
    table_value(std::int16_t value);
    table_value(std::uint16_t value);
    table_value(std::int32_t value);
    table_value(std::uint32_t value);
    table_value(std::int64_t value);
    table_value(long long value) : table_value(std::int64_t{value}) {}
    table_value(std::uint64_t value) = delete;
    table_value(float value);
    table_value(double value);
    table_value(decimal value);
    table_value(timestamp value);
    table_value(std::nullptr_t);
    table_value(std::string_view text);
    table_value(const char* text) : table_value(std::string_view{text}) {}
    table_value(const std::string& text) : table_value(std::string_view{text}) {}
    table_value(const table& fields);
    table_value(table_view fields);
    table_value(const array& values);
    /// A value read from another table; its kind survives.
    table_value(const field_value& value);

    static table_value bytes(std::string_view value);

    std::string_view encoded() const { return encoded_; }

  private:
    std::string encoded_;
};

/// A field table that owns its bytes.
///
/// Fields are appended and never reordered, so what a peer sent can be sent on unchanged.
/// *Errors*: throws std::system_error with errc::string_too_long for a name above 255 bytes.
class table {
  public:
    struct item {
        std::string_view name;
        table_value value;
    };

    table() = default;
    table(std::initializer_list<item> items);
    explicit table(table_view fields) : bytes_(fields.bytes()) {}

    /// Appends a field, also when one of that name is already there.
    table& append(std::string_view name, const table_value& value);
    /// Removes every field of that name.
    table& erase(std::string_view name);

    bool empty() const { return bytes_.empty(); }
    table_view view() const { return table_view::of_validated(bytes_); }
    operator table_view() const { return view(); }
    std::optional<field_value> find(std::string_view name) const { return view().find(name); }

    friend bool operator==(const table&, const table&) = default;

  private:
    std::string bytes_;
};

/// A field array that owns its bytes.
class array {
  public:
    array() = default;
    array(std::initializer_list<table_value> values);

    array& append(const table_value& value);
    array_view view() const { return array_view{bytes_}; }

  private:
    std::string bytes_;
};

} // namespace taskwire
