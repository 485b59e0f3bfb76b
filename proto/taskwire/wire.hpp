#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include <taskwire/endian.hpp>
#include <taskwire/error.hpp>
#include <taskwire/table.hpp>
#include <taskwire/types.hpp>

/// How the generated structs become bytes and back: a reader, and visitors over `fields()`.
///
/// A generated struct is data only. `measure` says how long it will be and whether it may be sent,
/// `encode` writes it into a place of that size, `decode` reads it.
/// *Source*: AMQP 0-9-1, 4.2.5 (data types), 4.2.6 (content header).
namespace taskwire::wire {

/// What the spec asserts of a short string.
struct string_rule {
    std::string_view domain;       ///< for messages
    std::size_t length_max = 255;  ///< bytes
    std::string_view allowed = {}; ///< the only characters allowed; empty: any
    std::string_view refused = {}; ///< characters that are not allowed
    bool not_null = false;         ///< an empty string is refused

    TASKWIRE_INLINE constexpr errc check(std::string_view text) const {
        if (text.size() > length_max)
            return errc::string_too_long;
        if (not_null && text.empty())
            return errc::name_refused;
        if (!allowed.empty() && text.find_first_not_of(allowed) != std::string_view::npos)
            return errc::name_refused;
        for (const char each : refused)
            for (const char octet : text) // names are short: a search by the library costs more
                if (octet == each)
                    return errc::name_refused;
        return errc{};
    }
};

/// One flag of a run of bits, with its name.
template <class Flag>
struct bit {
    std::string_view name;
    Flag& flag;
    constexpr bit(std::string_view text, Flag& value) : name(text), flag(value) {}
};

/// A flag that must be zero and cannot be set.
struct reserved_bit {};

template <class... Methods>
struct method_list {
    static constexpr std::size_t size = sizeof...(Methods);
};

/// A cursor over bytes from the peer.
///
/// *Errors*: the first fault sticks; from then on every read yields zero and consumes nothing.
class reader {
  public:
    explicit reader(std::string_view bytes, std::size_t table_depth_max = table_depth_max_default)
        : at_(bytes.data()), end_(bytes.data() + bytes.size()), table_depth_max_(table_depth_max) {}

    template <std::unsigned_integral Unsigned>
    TASKWIRE_INLINE Unsigned number() {
        if (left() < sizeof(Unsigned)) {
            fail(errc::malformed_method);
            return 0;
        }
        const auto value = load<Unsigned>(at_);
        at_ += sizeof(Unsigned);
        return value;
    }

    TASKWIRE_INLINE std::string_view bytes(std::size_t size) {
        if (left() < size) {
            fail(errc::malformed_method);
            return {};
        }
        const char* from = at_;
        at_ += size;
        return {from, size};
    }

    TASKWIRE_INLINE std::string_view shortstr() { return bytes(number<std::uint8_t>()); }
    TASKWIRE_INLINE std::string_view longstr() { return bytes(number<std::uint32_t>()); }

    table_view table() {
        table_view value;
        const auto raw = longstr();
        if (raw.empty())
            return value;
        if (const auto fault = table_view::parse(raw, table_depth_max_, value))
            fail(static_cast<errc>(fault.value()));
        return value;
    }

    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    bool ok() const { return fault_ == errc{}; }
    errc fault() const { return fault_; }
    void fail(errc fault) {
        if (ok())
            fault_ = fault;
        at_ = end_;
    }

  private:
    const char* at_;
    const char* end_;
    std::size_t table_depth_max_;
    errc fault_{};
};

/// Visitor that adds up the encoded size and finds what may not be sent.
struct measurer {
    std::size_t size = 0;
    errc fault{};
    std::string_view culprit; ///< name of the field that is at fault

    TASKWIRE_INLINE constexpr void octet(std::string_view, std::uint8_t) { size += 1; }
    TASKWIRE_INLINE constexpr void short_uint(std::string_view, std::uint16_t) { size += 2; }
    TASKWIRE_INLINE constexpr void long_uint(std::string_view, std::uint32_t) { size += 4; }
    TASKWIRE_INLINE constexpr void longlong_uint(std::string_view, std::uint64_t) { size += 8; }
    TASKWIRE_INLINE constexpr void timestamp(std::string_view, std::uint64_t) { size += 8; }
    TASKWIRE_INLINE constexpr void shortstr(std::string_view name, std::string_view text,
                                            const string_rule& rule) {
        size += 1 + text.size();
        if (const auto found = rule.check(text); found != errc{} && fault == errc{}) {
            fault = found;
            culprit = name;
        }
    }
    TASKWIRE_INLINE constexpr void longstr(std::string_view, std::string_view text) {
        size += 4 + text.size();
    }
    TASKWIRE_INLINE void table(std::string_view, table_view fields) {
        size += 4 + fields.bytes().size();
    }
    template <class... Bits>
    TASKWIRE_INLINE constexpr void bits(const Bits&...) {
        static_assert(sizeof...(Bits) <= 8);
        size += 1;
    }
    TASKWIRE_INLINE constexpr void reserved_octet() { size += 1; }
    TASKWIRE_INLINE constexpr void reserved_short() { size += 2; }
    TASKWIRE_INLINE constexpr void reserved_long() { size += 4; }
    TASKWIRE_INLINE constexpr void reserved_longlong() { size += 8; }
    TASKWIRE_INLINE constexpr void reserved_shortstr() { size += 1; }
    TASKWIRE_INLINE constexpr void reserved_longstr() { size += 4; }
    TASKWIRE_INLINE constexpr void reserved_table() { size += 4; }

    TASKWIRE_INLINE constexpr void shortstr_property(int, std::string_view name,
                                                     const std::optional<std::string_view>& text,
                                                     const string_rule& rule) {
        if (text)
            shortstr(name, *text, rule);
    }
    TASKWIRE_INLINE void table_property(int, std::string_view name,
                                        const std::optional<table_view>& fields) {
        if (fields)
            table(name, *fields);
    }
    TASKWIRE_INLINE constexpr void octet_property(int, std::string_view,
                                                  const std::optional<std::uint8_t>& value) {
        size += value ? 1 : 0;
    }
    TASKWIRE_INLINE constexpr void timestamp_property(int, std::string_view,
                                                      const std::optional<std::uint64_t>& value) {
        size += value ? 8 : 0;
    }
    TASKWIRE_INLINE constexpr void reserved_shortstr_property(int) {}
};

/// Visitor that writes into a place which `measurer` has sized.
struct encoder {
    char* to;
    std::uint16_t flags = 0; ///< properties seen so far

    TASKWIRE_INLINE void octet(std::string_view, std::uint8_t v) { to = store(to, v); }
    TASKWIRE_INLINE void short_uint(std::string_view, std::uint16_t v) { to = store(to, v); }
    TASKWIRE_INLINE void long_uint(std::string_view, std::uint32_t v) { to = store(to, v); }
    TASKWIRE_INLINE void longlong_uint(std::string_view, std::uint64_t v) { to = store(to, v); }
    TASKWIRE_INLINE void timestamp(std::string_view, std::uint64_t v) { to = store(to, v); }
    TASKWIRE_INLINE void shortstr(std::string_view, std::string_view text, const string_rule&) {
        to = store(to, static_cast<std::uint8_t>(text.size()));
        raw(text);
    }
    TASKWIRE_INLINE void longstr(std::string_view, std::string_view text) {
        to = store(to, static_cast<std::uint32_t>(text.size()));
        raw(text);
    }
    TASKWIRE_INLINE void table(std::string_view name, table_view fields) {
        longstr(name, fields.bytes());
    }
    template <class... Bits>
    TASKWIRE_INLINE void bits(const Bits&... flag) {
        unsigned octet = 0;
        unsigned position = 0;
        ((octet |= (is_set(flag) ? 1U : 0U) << position++), ...);
        to = store(to, static_cast<std::uint8_t>(octet));
    }
    TASKWIRE_INLINE void reserved_octet() { to = store(to, std::uint8_t{0}); }
    TASKWIRE_INLINE void reserved_short() { to = store(to, std::uint16_t{0}); }
    TASKWIRE_INLINE void reserved_long() { to = store(to, std::uint32_t{0}); }
    TASKWIRE_INLINE void reserved_longlong() { to = store(to, std::uint64_t{0}); }
    TASKWIRE_INLINE void reserved_shortstr() { reserved_octet(); }
    TASKWIRE_INLINE void reserved_longstr() { reserved_long(); }
    TASKWIRE_INLINE void reserved_table() { reserved_long(); }

    TASKWIRE_INLINE void shortstr_property(int flag, std::string_view name,
                                           const std::optional<std::string_view>& text,
                                           const string_rule& rule) {
        if (text) {
            mark(flag);
            shortstr(name, *text, rule);
        }
    }
    TASKWIRE_INLINE void table_property(int flag, std::string_view name,
                                        const std::optional<table_view>& fields) {
        if (fields) {
            mark(flag);
            table(name, *fields);
        }
    }
    TASKWIRE_INLINE void octet_property(int flag, std::string_view name,
                                        const std::optional<std::uint8_t>& value) {
        if (value) {
            mark(flag);
            octet(name, *value);
        }
    }
    TASKWIRE_INLINE void timestamp_property(int flag, std::string_view name,
                                            const std::optional<std::uint64_t>& value) {
        if (value) {
            mark(flag);
            timestamp(name, *value);
        }
    }
    TASKWIRE_INLINE void reserved_shortstr_property(int) {}

  private:
    template <class Flag>
    static TASKWIRE_INLINE bool is_set(const bit<Flag>& each) {
        return each.flag;
    }
    static TASKWIRE_INLINE bool is_set(reserved_bit) { return false; }
    TASKWIRE_INLINE void mark(int flag) {
        flags = static_cast<std::uint16_t>(flags | (1U << flag));
    }
    TASKWIRE_INLINE void raw(std::string_view text) {
        if (!text.empty())
            std::memcpy(to, text.data(), text.size());
        to += text.size();
    }
};

/// Visitor that fills a struct from a reader.
struct decoder {
    reader& in;
    std::uint16_t flags = 0; ///< properties that are present

    TASKWIRE_INLINE void octet(std::string_view, std::uint8_t& v) { v = in.number<std::uint8_t>(); }
    TASKWIRE_INLINE void short_uint(std::string_view, std::uint16_t& v) {
        v = in.number<std::uint16_t>();
    }
    TASKWIRE_INLINE void long_uint(std::string_view, std::uint32_t& v) {
        v = in.number<std::uint32_t>();
    }
    TASKWIRE_INLINE void longlong_uint(std::string_view, std::uint64_t& v) {
        v = in.number<std::uint64_t>();
    }
    TASKWIRE_INLINE void timestamp(std::string_view, std::uint64_t& v) {
        v = in.number<std::uint64_t>();
    }
    TASKWIRE_INLINE void shortstr(std::string_view, std::string_view& text, const string_rule&) {
        text = in.shortstr();
    }
    TASKWIRE_INLINE void longstr(std::string_view, std::string_view& text) { text = in.longstr(); }
    TASKWIRE_INLINE void table(std::string_view, table_view& fields) { fields = in.table(); }
    template <class... Bits>
    TASKWIRE_INLINE void bits(const Bits&... flag) {
        const unsigned octet = in.number<std::uint8_t>();
        unsigned position = 0;
        (set(flag, ((octet >> position++) & 1U) != 0), ...);
    }
    TASKWIRE_INLINE void reserved_octet() { in.number<std::uint8_t>(); }
    TASKWIRE_INLINE void reserved_short() { in.number<std::uint16_t>(); }
    TASKWIRE_INLINE void reserved_long() { in.number<std::uint32_t>(); }
    TASKWIRE_INLINE void reserved_longlong() { in.number<std::uint64_t>(); }
    TASKWIRE_INLINE void reserved_shortstr() { in.shortstr(); }
    TASKWIRE_INLINE void reserved_longstr() { in.longstr(); }
    TASKWIRE_INLINE void reserved_table() { in.longstr(); }

    TASKWIRE_INLINE void shortstr_property(int flag, std::string_view,
                                           std::optional<std::string_view>& text,
                                           const string_rule&) {
        if (is_present(flag))
            text = in.shortstr();
    }
    TASKWIRE_INLINE void table_property(int flag, std::string_view,
                                        std::optional<table_view>& fields) {
        if (is_present(flag))
            fields = in.table();
    }
    TASKWIRE_INLINE void octet_property(int flag, std::string_view,
                                        std::optional<std::uint8_t>& value) {
        if (is_present(flag))
            value = in.number<std::uint8_t>();
    }
    TASKWIRE_INLINE void timestamp_property(int flag, std::string_view,
                                            std::optional<std::uint64_t>& value) {
        if (is_present(flag))
            value = in.number<std::uint64_t>();
    }
    TASKWIRE_INLINE void reserved_shortstr_property(int flag) {
        if (is_present(flag))
            in.shortstr();
    }

  private:
    template <class Flag>
    static TASKWIRE_INLINE void set(const bit<Flag>& each, bool value) {
        each.flag = value;
    }
    static TASKWIRE_INLINE void set(reserved_bit, bool) {}
    TASKWIRE_INLINE bool is_present(int flag) const { return ((flags >> flag) & 1U) != 0; }
};

/// Size of a method's arguments, or of a property list without its flags; or what is wrong.
template <class Fields>
TASKWIRE_INLINE measurer measure(const Fields& value) {
    measurer visit;
    Fields::fields(value, visit);
    return visit;
}

/// Writes a method's arguments and returns the place behind them.
template <class Method>
TASKWIRE_INLINE char* encode(char* to, const Method& value) {
    encoder visit{to};
    Method::fields(value, visit);
    return visit.to;
}

/// Reads a method's arguments; all bytes must be used.
/// *Errors*: false, and `in.fault()` says why.
template <class Method>
TASKWIRE_INLINE bool decode(reader& in, Method& value) {
    decoder visit{in};
    Method::fields(value, visit);
    if (in.ok() && in.left() != 0)
        in.fail(errc::malformed_method);
    return in.ok();
}

/// Writes a property list, its flags first, and returns the place behind it.
template <class Properties>
TASKWIRE_INLINE char* encode_properties(char* to, const Properties& value) {
    encoder visit{to + 2};
    Properties::fields(value, visit);
    store(to, visit.flags);
    return visit.to;
}

/// Reads a property list with its flags. What follows it is padding and is ignored; so are the
/// properties behind continuation flags, which no version of the spec defines.
template <class Properties>
TASKWIRE_INLINE bool decode_properties(reader& in, Properties& value) {
    const auto flags = in.number<std::uint16_t>();
    for (auto more = flags; in.ok() && (more & 1U) != 0;)
        more = in.number<std::uint16_t>();
    decoder visit{in, flags};
    Properties::fields(value, visit);
    return in.ok();
}

} // namespace taskwire::wire
