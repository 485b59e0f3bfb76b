#pragma once

#include <amqp.h>
#include <amqp_framing.h>
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include <taskwire/spec.gen.hpp>

/// The operations that are timed: ours, and librabbitmq's with a "c_" before.
///
/// Each does what its library does for a frame that comes or goes: we measure (and check) before we
/// write; librabbitmq decodes into a pool that is recycled afterwards.
namespace taskwire::bench {

inline constexpr std::string_view exchange = "orders";
inline constexpr std::string_view routing_key = "orders.created.eu";
inline constexpr std::string_view consumer_tag = "worker-17";
inline constexpr std::uint64_t delivery_tag = 1'234'567;

/// Keeps the optimizer from knowing the value, so that nothing is computed ahead of time.
template <class Value>
TASKWIRE_INLINE void hide(Value& value) {
    benchmark::DoNotOptimize(&value);
    benchmark::ClobberMemory();
}

inline void require(bool holds) {
    if (!holds)
        std::abort();
}

// ---------------------------------------------------------------- ours

inline const spec::basic::publish publish{
    .exchange = exchange, .routing_key = routing_key, .mandatory = true};
inline const spec::basic::deliver deliver{.consumer_tag = consumer_tag,
                                          .delivery_tag = delivery_tag,
                                          .exchange = exchange,
                                          .routing_key = routing_key};

inline const table& headers() {
    static const table fields{{"x-attempt", std::int32_t{3}}, {"trace", "5b8aa5a2d2c872e8"}};
    return fields;
}

inline spec::basic::properties every_property() {
    return {.content_type = "application/json",
            .content_encoding = "gzip",
            .headers = headers().view(),
            .delivery_mode = std::uint8_t{2},
            .priority = std::uint8_t{5},
            .correlation_id = "7f4df9b2-7a3c-4b43",
            .reply_to = "replies",
            .expiration = "60000",
            .message_id = "01HF3V2Q8K",
            .timestamp = 1'700'000'000U,
            .type = "order.created",
            .user_id = "guest",
            .app_id = "shop"};
}

/// Bytes of one value: written by the encoders, read by the decoders.
struct place {
    std::array<char, 512> bytes{};
    std::size_t size = 0;

    std::string_view view() const { return {bytes.data(), size}; }
};

template <class Method>
TASKWIRE_INLINE void write(place& to, const Method& method) {
    const auto size = wire::measure(method);
    require(size.fault == errc{} && size.size <= to.bytes.size());
    to.size = static_cast<std::size_t>(wire::encode(to.bytes.data(), method) - to.bytes.data());
}

TASKWIRE_INLINE void write(place& to, const spec::basic::properties& properties) {
    const auto size = wire::measure(properties);
    require(size.fault == errc{} && 2 + size.size <= to.bytes.size());
    to.size = static_cast<std::size_t>(wire::encode_properties(to.bytes.data(), properties) -
                                       to.bytes.data());
}

template <class Value>
struct encoding {
    Value value;
    place to;

    void operator()() {
        hide(value);
        write(to, value);
        hide(to);
    }
};

template <class Method>
struct decoding {
    place from;
    spec::any_method out;

    explicit decoding(const Method& method) { write(from, method); }
    void operator()() {
        hide(from);
        wire::reader in{from.view()};
        require(spec::decode_method(Method::id, in, out));
        hide(out);
    }
};

struct publish_encode : encoding<spec::basic::publish> {
    static constexpr std::string_view name = "basic.publish encode/taskwire";
    publish_encode() : encoding{publish, {}} {}
};
struct publish_decode : decoding<spec::basic::publish> {
    static constexpr std::string_view name = "basic.publish decode/taskwire";
    publish_decode() : decoding{publish} {}
};
struct deliver_encode : encoding<spec::basic::deliver> {
    static constexpr std::string_view name = "basic.deliver encode/taskwire";
    deliver_encode() : encoding{deliver, {}} {}
};
struct deliver_decode : decoding<spec::basic::deliver> {
    static constexpr std::string_view name = "basic.deliver decode/taskwire";
    deliver_decode() : decoding{deliver} {}
};
struct header_encode : encoding<spec::basic::properties> {
    static constexpr std::string_view name = "13 properties encode/taskwire";
    header_encode() : encoding{every_property(), {}} {}
};

struct header_decode {
    static constexpr std::string_view name = "13 properties decode/taskwire";
    place from;

    header_decode() { write(from, every_property()); }
    spec::basic::properties decode() {
        hide(from);
        spec::basic::properties out;
        wire::reader in{from.view()};
        require(wire::decode_properties(in, out));
        hide(out);
        return out;
    }
    void operator()() { decode(); }
};
struct header_look_up : header_decode {
    static constexpr std::string_view name = "13 properties decode, find a header/taskwire";
    void operator()() {
        const auto out = decode();
        auto found = out.headers->find("trace")->as_string();
        hide(found);
    }
};

// ---------------------------------------------------------------- librabbitmq's

inline constexpr std::uint16_t basic_class = 60;

inline amqp_bytes_t c_bytes(std::string_view text) {
    return {text.size(), const_cast<char*>(text.data())};
}

inline amqp_basic_publish_t c_value(const spec::basic::publish& from) {
    return {0, c_bytes(from.exchange), c_bytes(from.routing_key), from.mandatory, from.immediate};
}
inline amqp_basic_deliver_t c_value(const spec::basic::deliver& from) {
    return {c_bytes(from.consumer_tag), from.delivery_tag, from.redelivered, c_bytes(from.exchange),
            c_bytes(from.routing_key)};
}

inline amqp_table_t c_headers() {
    static std::array<amqp_table_entry_t, 2> entries = [] {
        std::array<amqp_table_entry_t, 2> made{};
        made[0].key = c_bytes("x-attempt");
        made[0].value.kind = AMQP_FIELD_KIND_I32;
        made[0].value.value.i32 = 3;
        made[1].key = c_bytes("trace");
        made[1].value.kind = AMQP_FIELD_KIND_UTF8;
        made[1].value.value.bytes = c_bytes("5b8aa5a2d2c872e8");
        return made;
    }();
    return {static_cast<int>(entries.size()), entries.data()};
}

inline amqp_basic_properties_t c_value(const spec::basic::properties& from) {
    amqp_basic_properties_t to{};
    to._flags = 0xfff8; // all thirteen
    to.content_type = c_bytes(*from.content_type);
    to.content_encoding = c_bytes(*from.content_encoding);
    to.headers = c_headers();
    to.delivery_mode = *from.delivery_mode;
    to.priority = *from.priority;
    to.correlation_id = c_bytes(*from.correlation_id);
    to.reply_to = c_bytes(*from.reply_to);
    to.expiration = c_bytes(*from.expiration);
    to.message_id = c_bytes(*from.message_id);
    to.timestamp = *from.timestamp;
    to.type = c_bytes(*from.type);
    to.user_id = c_bytes(*from.user_id);
    to.app_id = c_bytes(*from.app_id);
    return to;
}

template <class Value>
inline int c_write(Value& value, amqp_method_number_t number, place& to) {
    return amqp_encode_method(number, &value, {to.bytes.size(), to.bytes.data()});
}
inline int c_write(amqp_basic_properties_t& value, amqp_method_number_t, place& to) {
    return amqp_encode_properties(basic_class, &value, {to.bytes.size(), to.bytes.data()});
}

template <class Value>
struct c_encoding {
    Value value;
    amqp_method_number_t number;
    place to;

    void operator()() {
        hide(value);
        const int size = c_write(value, number, to);
        require(size > 0);
        to.size = static_cast<std::size_t>(size);
        hide(to);
    }
};

/// Reads what our encoder wrote; the bytes are the same, see both_write_the_same.
struct c_decoding {
    place from;
    amqp_pool_t pool;

    template <class Value>
    explicit c_decoding(const Value& value) {
        write(from, value);
        init_amqp_pool(&pool, 4096);
    }
    ~c_decoding() { empty_amqp_pool(&pool); }
    c_decoding(const c_decoding&) = delete;
    c_decoding& operator=(const c_decoding&) = delete;

    void* decode_method(amqp_method_number_t number) {
        hide(from);
        void* out = nullptr;
        require(amqp_decode_method(number, &pool, c_bytes(from.view()), &out) == 0);
        hide(out);
        return out;
    }
    void* decode_properties() {
        hide(from);
        void* out = nullptr;
        require(amqp_decode_properties(basic_class, &pool, c_bytes(from.view()), &out) == 0);
        hide(out);
        return out;
    }
};

struct c_publish_encode : c_encoding<amqp_basic_publish_t> {
    static constexpr std::string_view name = "basic.publish encode/librabbitmq";
    c_publish_encode() : c_encoding{c_value(publish), AMQP_BASIC_PUBLISH_METHOD, {}} {}
};
struct c_publish_decode : c_decoding {
    static constexpr std::string_view name = "basic.publish decode/librabbitmq";
    c_publish_decode() : c_decoding{publish} {}
    void operator()() {
        decode_method(AMQP_BASIC_PUBLISH_METHOD);
        recycle_amqp_pool(&pool);
    }
};
struct c_deliver_encode : c_encoding<amqp_basic_deliver_t> {
    static constexpr std::string_view name = "basic.deliver encode/librabbitmq";
    c_deliver_encode() : c_encoding{c_value(deliver), AMQP_BASIC_DELIVER_METHOD, {}} {}
};
struct c_deliver_decode : c_decoding {
    static constexpr std::string_view name = "basic.deliver decode/librabbitmq";
    c_deliver_decode() : c_decoding{deliver} {}
    void operator()() {
        decode_method(AMQP_BASIC_DELIVER_METHOD);
        recycle_amqp_pool(&pool);
    }
};
struct c_header_encode : c_encoding<amqp_basic_properties_t> {
    static constexpr std::string_view name = "13 properties encode/librabbitmq";
    c_header_encode() : c_encoding{c_value(every_property()), 0, {}} {}
};
struct c_header_decode : c_decoding {
    static constexpr std::string_view name = "13 properties decode/librabbitmq";
    c_header_decode() : c_decoding{every_property()} {}
    void operator()() {
        decode_properties();
        recycle_amqp_pool(&pool);
    }
};
struct c_header_look_up : c_header_decode {
    static constexpr std::string_view name = "13 properties decode, find a header/librabbitmq";
    void operator()() {
        const auto* out = static_cast<amqp_basic_properties_t*>(decode_properties());
        amqp_bytes_t found{};
        for (int each = 0; each < out->headers.num_entries; ++each) {
            const auto& [key, value] = out->headers.entries[each];
            if (std::string_view{static_cast<const char*>(key.bytes), key.len} == "trace") {
                found = value.value.bytes;
                break;
            }
        }
        hide(found);
        recycle_amqp_pool(&pool);
    }
};

template <class Ours, class Theirs>
bool writes_the_same() {
    Ours ours;
    Theirs theirs;
    ours();
    theirs();
    return ours.to.view() == theirs.to.view();
}

inline bool both_write_the_same() {
    return writes_the_same<publish_encode, c_publish_encode>() &&
           writes_the_same<deliver_encode, c_deliver_encode>() &&
           writes_the_same<header_encode, c_header_encode>();
}

} // namespace taskwire::bench
