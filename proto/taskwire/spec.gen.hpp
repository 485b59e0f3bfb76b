// GENERATED from proto/spec by taskwire-codegen; do not edit.
// clang-format off
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include <taskwire/wire.hpp>

namespace taskwire::spec {

/// What the spec and RabbitMQ demand of short strings, to be checked before sending.
namespace rules {

inline constexpr wire::string_rule none{
    .domain = "shortstr", .length_max = 255};
inline constexpr wire::string_rule exchange_name{
    .domain = "exchange-name", .length_max = 255, .refused = "\r\n"};
inline constexpr wire::string_rule path{
    .domain = "path", .length_max = 255, .not_null = true};
inline constexpr wire::string_rule queue_name{
    .domain = "queue-name", .length_max = 255, .refused = "\r\n"};
inline constexpr wire::string_rule reply_text{
    .domain = "reply-text", .length_max = 255, .not_null = true};
inline constexpr wire::string_rule shortstr_not_null{
    .domain = "shortstr", .length_max = 255, .not_null = true};
inline constexpr wire::string_rule exchange_name_not_null{
    .domain = "exchange-name", .length_max = 255, .refused = "\r\n", .not_null = true};
inline constexpr wire::string_rule queue_name_not_null{
    .domain = "queue-name", .length_max = 255, .refused = "\r\n", .not_null = true};

} // namespace rules

} // namespace taskwire::spec

namespace taskwire::spec::connection {

struct start_ok;
struct secure_ok;
struct tune_ok;
struct open_ok;
struct close_ok;
struct update_secret_ok;

/// connection.start (10, 10), server to client, synchronous; answered by connection.start-ok.
struct start {
    static constexpr taskwire::method_id id{10, 10};
    static constexpr std::string_view name = "connection.start";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<start_ok>;

    std::uint8_t version_major{};
    std::uint8_t version_minor{};
    table_view server_properties{};
    std::string_view mechanisms{};
    std::string_view locales{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.octet("version_major", self.version_major);
        visit.octet("version_minor", self.version_minor);
        visit.table("server_properties", self.server_properties);
        visit.longstr("mechanisms", self.mechanisms);
        visit.longstr("locales", self.locales);
    }
    friend bool operator==(const start&, const start&) = default;
};

/// connection.start-ok (10, 11), client to server, synchronous.
struct start_ok {
    static constexpr taskwire::method_id id{10, 11};
    static constexpr std::string_view name = "connection.start-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<>;

    table_view client_properties{};
    std::string_view mechanism{};
    std::string_view response{};
    std::string_view locale{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.table("client_properties", self.client_properties);
        visit.shortstr("mechanism", self.mechanism, rules::shortstr_not_null);
        visit.longstr("response", self.response);
        visit.shortstr("locale", self.locale, rules::shortstr_not_null);
    }
    friend bool operator==(const start_ok&, const start_ok&) = default;
};

/// connection.secure (10, 20), server to client, synchronous; answered by connection.secure-ok.
struct secure {
    static constexpr taskwire::method_id id{10, 20};
    static constexpr std::string_view name = "connection.secure";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<secure_ok>;

    std::string_view challenge{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.longstr("challenge", self.challenge);
    }
    friend bool operator==(const secure&, const secure&) = default;
};

/// connection.secure-ok (10, 21), client to server, synchronous.
struct secure_ok {
    static constexpr taskwire::method_id id{10, 21};
    static constexpr std::string_view name = "connection.secure-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<>;

    std::string_view response{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.longstr("response", self.response);
    }
    friend bool operator==(const secure_ok&, const secure_ok&) = default;
};

/// connection.tune (10, 30), server to client, synchronous; answered by connection.tune-ok.
struct tune {
    static constexpr taskwire::method_id id{10, 30};
    static constexpr std::string_view name = "connection.tune";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<tune_ok>;

    std::uint16_t channel_max{};
    std::uint32_t frame_max{};
    std::uint16_t heartbeat{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.short_uint("channel_max", self.channel_max);
        visit.long_uint("frame_max", self.frame_max);
        visit.short_uint("heartbeat", self.heartbeat);
    }
    friend bool operator==(const tune&, const tune&) = default;
};

/// connection.tune-ok (10, 31), client to server, synchronous.
struct tune_ok {
    static constexpr taskwire::method_id id{10, 31};
    static constexpr std::string_view name = "connection.tune-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<>;

    std::uint16_t channel_max{};
    std::uint32_t frame_max{};
    std::uint16_t heartbeat{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.short_uint("channel_max", self.channel_max);
        visit.long_uint("frame_max", self.frame_max);
        visit.short_uint("heartbeat", self.heartbeat);
    }
    friend bool operator==(const tune_ok&, const tune_ok&) = default;
};

/// connection.open (10, 40), client to server, synchronous; answered by connection.open-ok.
struct open {
    static constexpr taskwire::method_id id{10, 40};
    static constexpr std::string_view name = "connection.open";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<open_ok>;

    std::string_view virtual_host{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.shortstr("virtual_host", self.virtual_host, rules::path);
        visit.reserved_shortstr();
        visit.reserved_octet();
    }
    friend bool operator==(const open&, const open&) = default;
};

/// connection.open-ok (10, 41), server to client, synchronous.
struct open_ok {
    static constexpr taskwire::method_id id{10, 41};
    static constexpr std::string_view name = "connection.open-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor& visit)
    {
        visit.reserved_shortstr();
    }
    friend bool operator==(const open_ok&, const open_ok&) = default;
};

/// connection.close (10, 50), either way, synchronous; answered by connection.close-ok.
struct close {
    static constexpr taskwire::method_id id{10, 50};
    static constexpr std::string_view name = "connection.close";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = true;
    using replies = wire::method_list<close_ok>;

    std::uint16_t reply_code{};
    std::string_view reply_text{};
    std::uint16_t class_id{};
    std::uint16_t method_id{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.short_uint("reply_code", self.reply_code);
        visit.shortstr("reply_text", self.reply_text, rules::reply_text);
        visit.short_uint("class_id", self.class_id);
        visit.short_uint("method_id", self.method_id);
    }
    friend bool operator==(const close&, const close&) = default;
};

/// connection.close-ok (10, 51), either way, synchronous.
struct close_ok {
    static constexpr taskwire::method_id id{10, 51};
    static constexpr std::string_view name = "connection.close-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const close_ok&, const close_ok&) = default;
};

/// connection.blocked (10, 60), server to client, asynchronous.
struct blocked {
    static constexpr taskwire::method_id id{10, 60};
    static constexpr std::string_view name = "connection.blocked";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = false;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    std::string_view reason{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.shortstr("reason", self.reason, rules::none);
    }
    friend bool operator==(const blocked&, const blocked&) = default;
};

/// connection.unblocked (10, 61), server to client, asynchronous.
struct unblocked {
    static constexpr taskwire::method_id id{10, 61};
    static constexpr std::string_view name = "connection.unblocked";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = false;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const unblocked&, const unblocked&) = default;
};

/// connection.update-secret (10, 70), client to server, synchronous;
/// answered by connection.update-secret-ok.
struct update_secret {
    static constexpr taskwire::method_id id{10, 70};
    static constexpr std::string_view name = "connection.update-secret";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<update_secret_ok>;

    std::string_view new_secret{};
    std::string_view reason{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.longstr("new_secret", self.new_secret);
        visit.shortstr("reason", self.reason, rules::none);
    }
    friend bool operator==(const update_secret&, const update_secret&) = default;
};

/// connection.update-secret-ok (10, 71), server to client, synchronous.
struct update_secret_ok {
    static constexpr taskwire::method_id id{10, 71};
    static constexpr std::string_view name = "connection.update-secret-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const update_secret_ok&, const update_secret_ok&) = default;
};

} // namespace taskwire::spec::connection

namespace taskwire::spec::channel {

struct open_ok;
struct flow_ok;
struct close_ok;

/// channel.open (20, 10), client to server, synchronous; answered by channel.open-ok.
struct open {
    static constexpr taskwire::method_id id{20, 10};
    static constexpr std::string_view name = "channel.open";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<open_ok>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor& visit)
    {
        visit.reserved_shortstr();
    }
    friend bool operator==(const open&, const open&) = default;
};

/// channel.open-ok (20, 11), server to client, synchronous.
struct open_ok {
    static constexpr taskwire::method_id id{20, 11};
    static constexpr std::string_view name = "channel.open-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor& visit)
    {
        visit.reserved_longstr();
    }
    friend bool operator==(const open_ok&, const open_ok&) = default;
};

/// channel.flow (20, 20), either way, synchronous; answered by channel.flow-ok.
struct flow {
    static constexpr taskwire::method_id id{20, 20};
    static constexpr std::string_view name = "channel.flow";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = true;
    using replies = wire::method_list<flow_ok>;

    bool active{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.bits(wire::bit("active", self.active));
    }
    friend bool operator==(const flow&, const flow&) = default;
};

/// channel.flow-ok (20, 21), either way, asynchronous.
struct flow_ok {
    static constexpr taskwire::method_id id{20, 21};
    static constexpr std::string_view name = "channel.flow-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = false;
    static constexpr bool from_client = true;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    bool active{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.bits(wire::bit("active", self.active));
    }
    friend bool operator==(const flow_ok&, const flow_ok&) = default;
};

/// channel.close (20, 40), either way, synchronous; answered by channel.close-ok.
struct close {
    static constexpr taskwire::method_id id{20, 40};
    static constexpr std::string_view name = "channel.close";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = true;
    using replies = wire::method_list<close_ok>;

    std::uint16_t reply_code{};
    std::string_view reply_text{};
    std::uint16_t class_id{};
    std::uint16_t method_id{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.short_uint("reply_code", self.reply_code);
        visit.shortstr("reply_text", self.reply_text, rules::reply_text);
        visit.short_uint("class_id", self.class_id);
        visit.short_uint("method_id", self.method_id);
    }
    friend bool operator==(const close&, const close&) = default;
};

/// channel.close-ok (20, 41), either way, synchronous.
struct close_ok {
    static constexpr taskwire::method_id id{20, 41};
    static constexpr std::string_view name = "channel.close-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const close_ok&, const close_ok&) = default;
};

} // namespace taskwire::spec::channel

namespace taskwire::spec::exchange {

struct declare_ok;
struct delete_ok;
struct bind_ok;
struct unbind_ok;

/// exchange.declare (40, 10), client to server, synchronous; answered by exchange.declare-ok.
struct declare {
    static constexpr taskwire::method_id id{40, 10};
    static constexpr std::string_view name = "exchange.declare";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<declare_ok>;

    std::string_view exchange{};
    std::string_view type{};
    bool passive{};
    bool durable{};
    bool auto_delete{};
    bool internal{};
    table_view arguments{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("exchange", self.exchange, rules::exchange_name_not_null);
        visit.shortstr("type", self.type, rules::none);
        visit.bits(wire::bit("passive", self.passive), wire::bit("durable", self.durable),
                   wire::bit("auto_delete", self.auto_delete),
                   wire::bit("internal", self.internal));
        visit.table("arguments", self.arguments);
    }
    friend bool operator==(const declare&, const declare&) = default;
};

/// exchange.declare-ok (40, 11), server to client, synchronous.
struct declare_ok {
    static constexpr taskwire::method_id id{40, 11};
    static constexpr std::string_view name = "exchange.declare-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const declare_ok&, const declare_ok&) = default;
};

/// exchange.delete (40, 20), client to server, synchronous; answered by exchange.delete-ok.
struct delete_ {
    static constexpr taskwire::method_id id{40, 20};
    static constexpr std::string_view name = "exchange.delete";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<delete_ok>;

    std::string_view exchange{};
    bool if_unused{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("exchange", self.exchange, rules::exchange_name_not_null);
        visit.bits(wire::bit("if_unused", self.if_unused));
    }
    friend bool operator==(const delete_&, const delete_&) = default;
};

/// exchange.delete-ok (40, 21), server to client, synchronous.
struct delete_ok {
    static constexpr taskwire::method_id id{40, 21};
    static constexpr std::string_view name = "exchange.delete-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const delete_ok&, const delete_ok&) = default;
};

/// exchange.bind (40, 30), client to server, synchronous; answered by exchange.bind-ok.
struct bind {
    static constexpr taskwire::method_id id{40, 30};
    static constexpr std::string_view name = "exchange.bind";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<bind_ok>;

    std::string_view destination{};
    std::string_view source{};
    std::string_view routing_key{};
    table_view arguments{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("destination", self.destination, rules::exchange_name);
        visit.shortstr("source", self.source, rules::exchange_name);
        visit.shortstr("routing_key", self.routing_key, rules::none);
        visit.reserved_octet();
        visit.table("arguments", self.arguments);
    }
    friend bool operator==(const bind&, const bind&) = default;
};

/// exchange.bind-ok (40, 31), server to client, synchronous.
struct bind_ok {
    static constexpr taskwire::method_id id{40, 31};
    static constexpr std::string_view name = "exchange.bind-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const bind_ok&, const bind_ok&) = default;
};

/// exchange.unbind (40, 40), client to server, synchronous; answered by exchange.unbind-ok.
struct unbind {
    static constexpr taskwire::method_id id{40, 40};
    static constexpr std::string_view name = "exchange.unbind";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<unbind_ok>;

    std::string_view destination{};
    std::string_view source{};
    std::string_view routing_key{};
    table_view arguments{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("destination", self.destination, rules::exchange_name);
        visit.shortstr("source", self.source, rules::exchange_name);
        visit.shortstr("routing_key", self.routing_key, rules::none);
        visit.reserved_octet();
        visit.table("arguments", self.arguments);
    }
    friend bool operator==(const unbind&, const unbind&) = default;
};

/// exchange.unbind-ok (40, 51), server to client, synchronous.
struct unbind_ok {
    static constexpr taskwire::method_id id{40, 51};
    static constexpr std::string_view name = "exchange.unbind-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const unbind_ok&, const unbind_ok&) = default;
};

} // namespace taskwire::spec::exchange

namespace taskwire::spec::queue {

struct declare_ok;
struct bind_ok;
struct purge_ok;
struct delete_ok;
struct unbind_ok;

/// queue.declare (50, 10), client to server, synchronous; answered by queue.declare-ok.
struct declare {
    static constexpr taskwire::method_id id{50, 10};
    static constexpr std::string_view name = "queue.declare";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<declare_ok>;

    std::string_view queue{};
    bool passive{};
    bool durable{};
    bool exclusive{};
    bool auto_delete{};
    table_view arguments{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("queue", self.queue, rules::queue_name);
        visit.bits(wire::bit("passive", self.passive), wire::bit("durable", self.durable),
                   wire::bit("exclusive", self.exclusive),
                   wire::bit("auto_delete", self.auto_delete));
        visit.table("arguments", self.arguments);
    }
    friend bool operator==(const declare&, const declare&) = default;
};

/// queue.declare-ok (50, 11), server to client, synchronous.
struct declare_ok {
    static constexpr taskwire::method_id id{50, 11};
    static constexpr std::string_view name = "queue.declare-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    std::string_view queue{};
    std::uint32_t message_count{};
    std::uint32_t consumer_count{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.shortstr("queue", self.queue, rules::queue_name_not_null);
        visit.long_uint("message_count", self.message_count);
        visit.long_uint("consumer_count", self.consumer_count);
    }
    friend bool operator==(const declare_ok&, const declare_ok&) = default;
};

/// queue.bind (50, 20), client to server, synchronous; answered by queue.bind-ok.
struct bind {
    static constexpr taskwire::method_id id{50, 20};
    static constexpr std::string_view name = "queue.bind";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<bind_ok>;

    std::string_view queue{};
    std::string_view exchange{};
    std::string_view routing_key{};
    table_view arguments{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("queue", self.queue, rules::queue_name);
        visit.shortstr("exchange", self.exchange, rules::exchange_name);
        visit.shortstr("routing_key", self.routing_key, rules::none);
        visit.reserved_octet();
        visit.table("arguments", self.arguments);
    }
    friend bool operator==(const bind&, const bind&) = default;
};

/// queue.bind-ok (50, 21), server to client, synchronous.
struct bind_ok {
    static constexpr taskwire::method_id id{50, 21};
    static constexpr std::string_view name = "queue.bind-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const bind_ok&, const bind_ok&) = default;
};

/// queue.purge (50, 30), client to server, synchronous; answered by queue.purge-ok.
struct purge {
    static constexpr taskwire::method_id id{50, 30};
    static constexpr std::string_view name = "queue.purge";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<purge_ok>;

    std::string_view queue{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("queue", self.queue, rules::queue_name);
        visit.reserved_octet();
    }
    friend bool operator==(const purge&, const purge&) = default;
};

/// queue.purge-ok (50, 31), server to client, synchronous.
struct purge_ok {
    static constexpr taskwire::method_id id{50, 31};
    static constexpr std::string_view name = "queue.purge-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    std::uint32_t message_count{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.long_uint("message_count", self.message_count);
    }
    friend bool operator==(const purge_ok&, const purge_ok&) = default;
};

/// queue.delete (50, 40), client to server, synchronous; answered by queue.delete-ok.
struct delete_ {
    static constexpr taskwire::method_id id{50, 40};
    static constexpr std::string_view name = "queue.delete";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<delete_ok>;

    std::string_view queue{};
    bool if_unused{};
    bool if_empty{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("queue", self.queue, rules::queue_name);
        visit.bits(wire::bit("if_unused", self.if_unused), wire::bit("if_empty", self.if_empty));
    }
    friend bool operator==(const delete_&, const delete_&) = default;
};

/// queue.delete-ok (50, 41), server to client, synchronous.
struct delete_ok {
    static constexpr taskwire::method_id id{50, 41};
    static constexpr std::string_view name = "queue.delete-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    std::uint32_t message_count{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.long_uint("message_count", self.message_count);
    }
    friend bool operator==(const delete_ok&, const delete_ok&) = default;
};

/// queue.unbind (50, 50), client to server, synchronous; answered by queue.unbind-ok.
struct unbind {
    static constexpr taskwire::method_id id{50, 50};
    static constexpr std::string_view name = "queue.unbind";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<unbind_ok>;

    std::string_view queue{};
    std::string_view exchange{};
    std::string_view routing_key{};
    table_view arguments{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("queue", self.queue, rules::queue_name);
        visit.shortstr("exchange", self.exchange, rules::exchange_name);
        visit.shortstr("routing_key", self.routing_key, rules::none);
        visit.table("arguments", self.arguments);
    }
    friend bool operator==(const unbind&, const unbind&) = default;
};

/// queue.unbind-ok (50, 51), server to client, synchronous.
struct unbind_ok {
    static constexpr taskwire::method_id id{50, 51};
    static constexpr std::string_view name = "queue.unbind-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const unbind_ok&, const unbind_ok&) = default;
};

} // namespace taskwire::spec::queue

namespace taskwire::spec::basic {

struct qos_ok;
struct consume_ok;
struct cancel_ok;
struct get_ok;
struct get_empty;
struct recover_ok;

/// The content properties of class basic, each with its flag bit.
struct properties {
    static constexpr std::uint16_t class_id = 60;

    std::optional<std::string_view> content_type{};
    std::optional<std::string_view> content_encoding{};
    std::optional<table_view> headers{};
    std::optional<std::uint8_t> delivery_mode{};
    std::optional<std::uint8_t> priority{};
    std::optional<std::string_view> correlation_id{};
    std::optional<std::string_view> reply_to{};
    std::optional<std::string_view> expiration{};
    std::optional<std::string_view> message_id{};
    std::optional<std::uint64_t> timestamp{};
    std::optional<std::string_view> type{};
    std::optional<std::string_view> user_id{};
    std::optional<std::string_view> app_id{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.shortstr_property(15, "content_type", self.content_type, rules::none);
        visit.shortstr_property(14, "content_encoding", self.content_encoding, rules::none);
        visit.table_property(13, "headers", self.headers);
        visit.octet_property(12, "delivery_mode", self.delivery_mode);
        visit.octet_property(11, "priority", self.priority);
        visit.shortstr_property(10, "correlation_id", self.correlation_id, rules::none);
        visit.shortstr_property(9, "reply_to", self.reply_to, rules::none);
        visit.shortstr_property(8, "expiration", self.expiration, rules::none);
        visit.shortstr_property(7, "message_id", self.message_id, rules::none);
        visit.timestamp_property(6, "timestamp", self.timestamp);
        visit.shortstr_property(5, "type", self.type, rules::none);
        visit.shortstr_property(4, "user_id", self.user_id, rules::none);
        visit.shortstr_property(3, "app_id", self.app_id, rules::none);
        visit.reserved_shortstr_property(2);
    }
    friend bool operator==(const properties&, const properties&) = default;
};

/// basic.qos (60, 10), client to server, synchronous; answered by basic.qos-ok.
struct qos {
    static constexpr taskwire::method_id id{60, 10};
    static constexpr std::string_view name = "basic.qos";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<qos_ok>;

    std::uint32_t prefetch_size{};
    std::uint16_t prefetch_count{};
    bool global{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.long_uint("prefetch_size", self.prefetch_size);
        visit.short_uint("prefetch_count", self.prefetch_count);
        visit.bits(wire::bit("global", self.global));
    }
    friend bool operator==(const qos&, const qos&) = default;
};

/// basic.qos-ok (60, 11), server to client, synchronous.
struct qos_ok {
    static constexpr taskwire::method_id id{60, 11};
    static constexpr std::string_view name = "basic.qos-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const qos_ok&, const qos_ok&) = default;
};

/// basic.consume (60, 20), client to server, synchronous; answered by basic.consume-ok.
struct consume {
    static constexpr taskwire::method_id id{60, 20};
    static constexpr std::string_view name = "basic.consume";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<consume_ok>;

    std::string_view queue{};
    std::string_view consumer_tag{};
    bool no_local{};
    bool no_ack{};
    bool exclusive{};
    table_view arguments{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("queue", self.queue, rules::queue_name);
        visit.shortstr("consumer_tag", self.consumer_tag, rules::none);
        visit.bits(wire::bit("no_local", self.no_local), wire::bit("no_ack", self.no_ack),
                   wire::bit("exclusive", self.exclusive));
        visit.table("arguments", self.arguments);
    }
    friend bool operator==(const consume&, const consume&) = default;
};

/// basic.consume-ok (60, 21), server to client, synchronous.
struct consume_ok {
    static constexpr taskwire::method_id id{60, 21};
    static constexpr std::string_view name = "basic.consume-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    std::string_view consumer_tag{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.shortstr("consumer_tag", self.consumer_tag, rules::none);
    }
    friend bool operator==(const consume_ok&, const consume_ok&) = default;
};

/// basic.cancel (60, 30), either way, synchronous; answered by basic.cancel-ok.
struct cancel {
    static constexpr taskwire::method_id id{60, 30};
    static constexpr std::string_view name = "basic.cancel";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = true;
    using replies = wire::method_list<cancel_ok>;

    std::string_view consumer_tag{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.shortstr("consumer_tag", self.consumer_tag, rules::none);
        visit.reserved_octet();
    }
    friend bool operator==(const cancel&, const cancel&) = default;
};

/// basic.cancel-ok (60, 31), either way, synchronous.
struct cancel_ok {
    static constexpr taskwire::method_id id{60, 31};
    static constexpr std::string_view name = "basic.cancel-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    std::string_view consumer_tag{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.shortstr("consumer_tag", self.consumer_tag, rules::none);
    }
    friend bool operator==(const cancel_ok&, const cancel_ok&) = default;
};

/// basic.publish (60, 40), client to server, asynchronous, with content.
struct publish {
    static constexpr taskwire::method_id id{60, 40};
    static constexpr std::string_view name = "basic.publish";
    static constexpr bool has_content = true;
    static constexpr bool synchronous = false;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<>;

    std::string_view exchange{};
    std::string_view routing_key{};
    bool mandatory{};
    bool immediate{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("exchange", self.exchange, rules::exchange_name);
        visit.shortstr("routing_key", self.routing_key, rules::none);
        visit.bits(wire::bit("mandatory", self.mandatory), wire::bit("immediate", self.immediate));
    }
    friend bool operator==(const publish&, const publish&) = default;
};

/// basic.return (60, 50), server to client, asynchronous, with content.
struct return_ {
    static constexpr taskwire::method_id id{60, 50};
    static constexpr std::string_view name = "basic.return";
    static constexpr bool has_content = true;
    static constexpr bool synchronous = false;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    std::uint16_t reply_code{};
    std::string_view reply_text{};
    std::string_view exchange{};
    std::string_view routing_key{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.short_uint("reply_code", self.reply_code);
        visit.shortstr("reply_text", self.reply_text, rules::reply_text);
        visit.shortstr("exchange", self.exchange, rules::exchange_name);
        visit.shortstr("routing_key", self.routing_key, rules::none);
    }
    friend bool operator==(const return_&, const return_&) = default;
};

/// basic.deliver (60, 60), server to client, asynchronous, with content.
struct deliver {
    static constexpr taskwire::method_id id{60, 60};
    static constexpr std::string_view name = "basic.deliver";
    static constexpr bool has_content = true;
    static constexpr bool synchronous = false;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    std::string_view consumer_tag{};
    std::uint64_t delivery_tag{};
    bool redelivered{};
    std::string_view exchange{};
    std::string_view routing_key{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.shortstr("consumer_tag", self.consumer_tag, rules::none);
        visit.longlong_uint("delivery_tag", self.delivery_tag);
        visit.bits(wire::bit("redelivered", self.redelivered));
        visit.shortstr("exchange", self.exchange, rules::exchange_name);
        visit.shortstr("routing_key", self.routing_key, rules::none);
    }
    friend bool operator==(const deliver&, const deliver&) = default;
};

/// basic.get (60, 70), client to server, synchronous; answered by basic.get-ok or basic.get-empty.
struct get {
    static constexpr taskwire::method_id id{60, 70};
    static constexpr std::string_view name = "basic.get";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<get_ok, get_empty>;

    std::string_view queue{};
    bool no_ack{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("queue", self.queue, rules::queue_name);
        visit.bits(wire::bit("no_ack", self.no_ack));
    }
    friend bool operator==(const get&, const get&) = default;
};

/// basic.get-ok (60, 71), server to client, synchronous, with content.
struct get_ok {
    static constexpr taskwire::method_id id{60, 71};
    static constexpr std::string_view name = "basic.get-ok";
    static constexpr bool has_content = true;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    std::uint64_t delivery_tag{};
    bool redelivered{};
    std::string_view exchange{};
    std::string_view routing_key{};
    std::uint32_t message_count{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.longlong_uint("delivery_tag", self.delivery_tag);
        visit.bits(wire::bit("redelivered", self.redelivered));
        visit.shortstr("exchange", self.exchange, rules::exchange_name);
        visit.shortstr("routing_key", self.routing_key, rules::none);
        visit.long_uint("message_count", self.message_count);
    }
    friend bool operator==(const get_ok&, const get_ok&) = default;
};

/// basic.get-empty (60, 72), server to client, synchronous.
struct get_empty {
    static constexpr taskwire::method_id id{60, 72};
    static constexpr std::string_view name = "basic.get-empty";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor& visit)
    {
        visit.reserved_shortstr();
    }
    friend bool operator==(const get_empty&, const get_empty&) = default;
};

/// basic.ack (60, 80), either way, asynchronous.
struct ack {
    static constexpr taskwire::method_id id{60, 80};
    static constexpr std::string_view name = "basic.ack";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = false;
    static constexpr bool from_client = true;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    std::uint64_t delivery_tag{};
    bool multiple{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.longlong_uint("delivery_tag", self.delivery_tag);
        visit.bits(wire::bit("multiple", self.multiple));
    }
    friend bool operator==(const ack&, const ack&) = default;
};

/// basic.reject (60, 90), client to server, asynchronous.
struct reject {
    static constexpr taskwire::method_id id{60, 90};
    static constexpr std::string_view name = "basic.reject";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = false;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<>;

    std::uint64_t delivery_tag{};
    bool requeue{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.longlong_uint("delivery_tag", self.delivery_tag);
        visit.bits(wire::bit("requeue", self.requeue));
    }
    friend bool operator==(const reject&, const reject&) = default;
};

/// basic.recover-async (60, 100), client to server, asynchronous, deprecated.
struct recover_async {
    static constexpr taskwire::method_id id{60, 100};
    static constexpr std::string_view name = "basic.recover-async";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = false;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<>;

    bool requeue{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.bits(wire::bit("requeue", self.requeue));
    }
    friend bool operator==(const recover_async&, const recover_async&) = default;
};

/// basic.recover (60, 110), client to server, synchronous; answered by basic.recover-ok.
struct recover {
    static constexpr taskwire::method_id id{60, 110};
    static constexpr std::string_view name = "basic.recover";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<recover_ok>;

    bool requeue{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.bits(wire::bit("requeue", self.requeue));
    }
    friend bool operator==(const recover&, const recover&) = default;
};

/// basic.recover-ok (60, 111), server to client, synchronous.
struct recover_ok {
    static constexpr taskwire::method_id id{60, 111};
    static constexpr std::string_view name = "basic.recover-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const recover_ok&, const recover_ok&) = default;
};

/// basic.nack (60, 120), either way, asynchronous.
struct nack {
    static constexpr taskwire::method_id id{60, 120};
    static constexpr std::string_view name = "basic.nack";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = false;
    static constexpr bool from_client = true;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    std::uint64_t delivery_tag{};
    bool multiple{};
    bool requeue{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.longlong_uint("delivery_tag", self.delivery_tag);
        visit.bits(wire::bit("multiple", self.multiple), wire::bit("requeue", self.requeue));
    }
    friend bool operator==(const nack&, const nack&) = default;
};

} // namespace taskwire::spec::basic

namespace taskwire::spec::confirm {

struct select_ok;

/// confirm.select (85, 10), client to server, synchronous; answered by confirm.select-ok.
struct select {
    static constexpr taskwire::method_id id{85, 10};
    static constexpr std::string_view name = "confirm.select";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<select_ok>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor& visit)
    {
        visit.reserved_octet();
    }
    friend bool operator==(const select&, const select&) = default;
};

/// confirm.select-ok (85, 11), server to client, synchronous.
struct select_ok {
    static constexpr taskwire::method_id id{85, 11};
    static constexpr std::string_view name = "confirm.select-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const select_ok&, const select_ok&) = default;
};

} // namespace taskwire::spec::confirm

namespace taskwire::spec::tx {

struct select_ok;
struct commit_ok;
struct rollback_ok;

/// tx.select (90, 10), client to server, synchronous; answered by tx.select-ok.
struct select {
    static constexpr taskwire::method_id id{90, 10};
    static constexpr std::string_view name = "tx.select";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<select_ok>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const select&, const select&) = default;
};

/// tx.select-ok (90, 11), server to client, synchronous.
struct select_ok {
    static constexpr taskwire::method_id id{90, 11};
    static constexpr std::string_view name = "tx.select-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const select_ok&, const select_ok&) = default;
};

/// tx.commit (90, 20), client to server, synchronous; answered by tx.commit-ok.
struct commit {
    static constexpr taskwire::method_id id{90, 20};
    static constexpr std::string_view name = "tx.commit";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<commit_ok>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const commit&, const commit&) = default;
};

/// tx.commit-ok (90, 21), server to client, synchronous.
struct commit_ok {
    static constexpr taskwire::method_id id{90, 21};
    static constexpr std::string_view name = "tx.commit-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const commit_ok&, const commit_ok&) = default;
};

/// tx.rollback (90, 30), client to server, synchronous; answered by tx.rollback-ok.
struct rollback {
    static constexpr taskwire::method_id id{90, 30};
    static constexpr std::string_view name = "tx.rollback";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<rollback_ok>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const rollback&, const rollback&) = default;
};

/// tx.rollback-ok (90, 31), server to client, synchronous.
struct rollback_ok {
    static constexpr taskwire::method_id id{90, 31};
    static constexpr std::string_view name = "tx.rollback-ok";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = false;
    static constexpr bool from_server = true;
    using replies = wire::method_list<>;

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self&, Visitor&)
    {
    }
    friend bool operator==(const rollback_ok&, const rollback_ok&) = default;
};

} // namespace taskwire::spec::tx

namespace taskwire::spec {

/// Any method, in the order of class and method index.
using any_method = std::variant<
    connection::start,
    connection::start_ok,
    connection::secure,
    connection::secure_ok,
    connection::tune,
    connection::tune_ok,
    connection::open,
    connection::open_ok,
    connection::close,
    connection::close_ok,
    connection::blocked,
    connection::unblocked,
    connection::update_secret,
    connection::update_secret_ok,
    channel::open,
    channel::open_ok,
    channel::flow,
    channel::flow_ok,
    channel::close,
    channel::close_ok,
    exchange::declare,
    exchange::declare_ok,
    exchange::delete_,
    exchange::delete_ok,
    exchange::bind,
    exchange::bind_ok,
    exchange::unbind,
    exchange::unbind_ok,
    queue::declare,
    queue::declare_ok,
    queue::bind,
    queue::bind_ok,
    queue::purge,
    queue::purge_ok,
    queue::delete_,
    queue::delete_ok,
    queue::unbind,
    queue::unbind_ok,
    basic::qos,
    basic::qos_ok,
    basic::consume,
    basic::consume_ok,
    basic::cancel,
    basic::cancel_ok,
    basic::publish,
    basic::return_,
    basic::deliver,
    basic::get,
    basic::get_ok,
    basic::get_empty,
    basic::ack,
    basic::reject,
    basic::recover_async,
    basic::recover,
    basic::recover_ok,
    basic::nack,
    confirm::select,
    confirm::select_ok,
    tx::select,
    tx::select_ok,
    tx::commit,
    tx::commit_ok,
    tx::rollback,
    tx::rollback_ok>;

/// What is known of a method without its fields.
struct method_info {
    taskwire::method_id id;
    std::string_view name;
    bool has_content;
    bool synchronous;
    bool from_client;
    bool from_server;
    std::uint16_t position; ///< The index in any_method.
};

inline constexpr std::array<method_info, 64> methods{{
    {{10, 10}, "connection.start", false, true, false, true, 0},
    {{10, 11}, "connection.start-ok", false, true, true, false, 1},
    {{10, 20}, "connection.secure", false, true, false, true, 2},
    {{10, 21}, "connection.secure-ok", false, true, true, false, 3},
    {{10, 30}, "connection.tune", false, true, false, true, 4},
    {{10, 31}, "connection.tune-ok", false, true, true, false, 5},
    {{10, 40}, "connection.open", false, true, true, false, 6},
    {{10, 41}, "connection.open-ok", false, true, false, true, 7},
    {{10, 50}, "connection.close", false, true, true, true, 8},
    {{10, 51}, "connection.close-ok", false, true, true, true, 9},
    {{10, 60}, "connection.blocked", false, false, false, true, 10},
    {{10, 61}, "connection.unblocked", false, false, false, true, 11},
    {{10, 70}, "connection.update-secret", false, true, true, false, 12},
    {{10, 71}, "connection.update-secret-ok", false, true, false, true, 13},
    {{20, 10}, "channel.open", false, true, true, false, 14},
    {{20, 11}, "channel.open-ok", false, true, false, true, 15},
    {{20, 20}, "channel.flow", false, true, true, true, 16},
    {{20, 21}, "channel.flow-ok", false, false, true, true, 17},
    {{20, 40}, "channel.close", false, true, true, true, 18},
    {{20, 41}, "channel.close-ok", false, true, true, true, 19},
    {{40, 10}, "exchange.declare", false, true, true, false, 20},
    {{40, 11}, "exchange.declare-ok", false, true, false, true, 21},
    {{40, 20}, "exchange.delete", false, true, true, false, 22},
    {{40, 21}, "exchange.delete-ok", false, true, false, true, 23},
    {{40, 30}, "exchange.bind", false, true, true, false, 24},
    {{40, 31}, "exchange.bind-ok", false, true, false, true, 25},
    {{40, 40}, "exchange.unbind", false, true, true, false, 26},
    {{40, 51}, "exchange.unbind-ok", false, true, false, true, 27},
    {{50, 10}, "queue.declare", false, true, true, false, 28},
    {{50, 11}, "queue.declare-ok", false, true, false, true, 29},
    {{50, 20}, "queue.bind", false, true, true, false, 30},
    {{50, 21}, "queue.bind-ok", false, true, false, true, 31},
    {{50, 30}, "queue.purge", false, true, true, false, 32},
    {{50, 31}, "queue.purge-ok", false, true, false, true, 33},
    {{50, 40}, "queue.delete", false, true, true, false, 34},
    {{50, 41}, "queue.delete-ok", false, true, false, true, 35},
    {{50, 50}, "queue.unbind", false, true, true, false, 36},
    {{50, 51}, "queue.unbind-ok", false, true, false, true, 37},
    {{60, 10}, "basic.qos", false, true, true, false, 38},
    {{60, 11}, "basic.qos-ok", false, true, false, true, 39},
    {{60, 20}, "basic.consume", false, true, true, false, 40},
    {{60, 21}, "basic.consume-ok", false, true, false, true, 41},
    {{60, 30}, "basic.cancel", false, true, true, true, 42},
    {{60, 31}, "basic.cancel-ok", false, true, true, true, 43},
    {{60, 40}, "basic.publish", true, false, true, false, 44},
    {{60, 50}, "basic.return", true, false, false, true, 45},
    {{60, 60}, "basic.deliver", true, false, false, true, 46},
    {{60, 70}, "basic.get", false, true, true, false, 47},
    {{60, 71}, "basic.get-ok", true, true, false, true, 48},
    {{60, 72}, "basic.get-empty", false, true, false, true, 49},
    {{60, 80}, "basic.ack", false, false, true, true, 50},
    {{60, 90}, "basic.reject", false, false, true, false, 51},
    {{60, 100}, "basic.recover-async", false, false, true, false, 52},
    {{60, 110}, "basic.recover", false, true, true, false, 53},
    {{60, 111}, "basic.recover-ok", false, true, false, true, 54},
    {{60, 120}, "basic.nack", false, false, true, true, 55},
    {{85, 10}, "confirm.select", false, true, true, false, 56},
    {{85, 11}, "confirm.select-ok", false, true, false, true, 57},
    {{90, 10}, "tx.select", false, true, true, false, 58},
    {{90, 11}, "tx.select-ok", false, true, false, true, 59},
    {{90, 20}, "tx.commit", false, true, true, false, 60},
    {{90, 21}, "tx.commit-ok", false, true, false, true, 61},
    {{90, 30}, "tx.rollback", false, true, true, false, 62},
    {{90, 31}, "tx.rollback-ok", false, true, false, true, 63},
}};

/// The entry of a method; null for an id that no class has.
constexpr const method_info* find_method(taskwire::method_id id)
{
    switch (id.packed()) {
    case connection::start::id.packed():
        return &methods[0];
    case connection::start_ok::id.packed():
        return &methods[1];
    case connection::secure::id.packed():
        return &methods[2];
    case connection::secure_ok::id.packed():
        return &methods[3];
    case connection::tune::id.packed():
        return &methods[4];
    case connection::tune_ok::id.packed():
        return &methods[5];
    case connection::open::id.packed():
        return &methods[6];
    case connection::open_ok::id.packed():
        return &methods[7];
    case connection::close::id.packed():
        return &methods[8];
    case connection::close_ok::id.packed():
        return &methods[9];
    case connection::blocked::id.packed():
        return &methods[10];
    case connection::unblocked::id.packed():
        return &methods[11];
    case connection::update_secret::id.packed():
        return &methods[12];
    case connection::update_secret_ok::id.packed():
        return &methods[13];
    case channel::open::id.packed():
        return &methods[14];
    case channel::open_ok::id.packed():
        return &methods[15];
    case channel::flow::id.packed():
        return &methods[16];
    case channel::flow_ok::id.packed():
        return &methods[17];
    case channel::close::id.packed():
        return &methods[18];
    case channel::close_ok::id.packed():
        return &methods[19];
    case exchange::declare::id.packed():
        return &methods[20];
    case exchange::declare_ok::id.packed():
        return &methods[21];
    case exchange::delete_::id.packed():
        return &methods[22];
    case exchange::delete_ok::id.packed():
        return &methods[23];
    case exchange::bind::id.packed():
        return &methods[24];
    case exchange::bind_ok::id.packed():
        return &methods[25];
    case exchange::unbind::id.packed():
        return &methods[26];
    case exchange::unbind_ok::id.packed():
        return &methods[27];
    case queue::declare::id.packed():
        return &methods[28];
    case queue::declare_ok::id.packed():
        return &methods[29];
    case queue::bind::id.packed():
        return &methods[30];
    case queue::bind_ok::id.packed():
        return &methods[31];
    case queue::purge::id.packed():
        return &methods[32];
    case queue::purge_ok::id.packed():
        return &methods[33];
    case queue::delete_::id.packed():
        return &methods[34];
    case queue::delete_ok::id.packed():
        return &methods[35];
    case queue::unbind::id.packed():
        return &methods[36];
    case queue::unbind_ok::id.packed():
        return &methods[37];
    case basic::qos::id.packed():
        return &methods[38];
    case basic::qos_ok::id.packed():
        return &methods[39];
    case basic::consume::id.packed():
        return &methods[40];
    case basic::consume_ok::id.packed():
        return &methods[41];
    case basic::cancel::id.packed():
        return &methods[42];
    case basic::cancel_ok::id.packed():
        return &methods[43];
    case basic::publish::id.packed():
        return &methods[44];
    case basic::return_::id.packed():
        return &methods[45];
    case basic::deliver::id.packed():
        return &methods[46];
    case basic::get::id.packed():
        return &methods[47];
    case basic::get_ok::id.packed():
        return &methods[48];
    case basic::get_empty::id.packed():
        return &methods[49];
    case basic::ack::id.packed():
        return &methods[50];
    case basic::reject::id.packed():
        return &methods[51];
    case basic::recover_async::id.packed():
        return &methods[52];
    case basic::recover::id.packed():
        return &methods[53];
    case basic::recover_ok::id.packed():
        return &methods[54];
    case basic::nack::id.packed():
        return &methods[55];
    case confirm::select::id.packed():
        return &methods[56];
    case confirm::select_ok::id.packed():
        return &methods[57];
    case tx::select::id.packed():
        return &methods[58];
    case tx::select_ok::id.packed():
        return &methods[59];
    case tx::commit::id.packed():
        return &methods[60];
    case tx::commit_ok::id.packed():
        return &methods[61];
    case tx::rollback::id.packed():
        return &methods[62];
    case tx::rollback_ok::id.packed():
        return &methods[63];
    default:
        return nullptr;
    }
}

/// "queue.declare"; empty for an unknown method.
constexpr std::string_view method_name(taskwire::method_id id)
{
    const method_info* found = find_method(id);
    return found == nullptr ? std::string_view() : found->name;
}

/// "queue"; empty for an unknown class.
constexpr std::string_view class_name(std::uint16_t class_id)
{
    switch (class_id) {
    case 10:
        return "connection";
    case 20:
        return "channel";
    case 40:
        return "exchange";
    case 50:
        return "queue";
    case 60:
        return "basic";
    case 85:
        return "confirm";
    case 90:
        return "tx";
    default:
        return {};
    }
}

/// Decodes the fields of a method. False when the id is unknown or the bytes do not fit; `out` then
/// holds anything.
[[nodiscard]] bool decode_method(taskwire::method_id id, wire::reader& in, any_method& out);

} // namespace taskwire::spec
