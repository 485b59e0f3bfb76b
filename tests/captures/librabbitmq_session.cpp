// The session that needs every field type, played by librabbitmq, which alone can write them all.
// Usage: librabbitmq_session --list | SESSION PORT
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

namespace {

constexpr const char* name = "table-every-type";
constexpr const char* about =
    "A header table with a field of every type and the extremes, published and got";

const amqp_bytes_t queue = amqp_cstring_bytes("types");

void must(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "librabbitmq: %s\n", what);
        std::exit(1);
    }
}

void must(const amqp_rpc_reply_t& reply, const char* what) {
    must(reply.reply_type == AMQP_RESPONSE_NORMAL, what);
}

amqp_field_value_t value(amqp_field_value_kind_t kind) {
    amqp_field_value_t result{};
    result.kind = static_cast<std::uint8_t>(kind);
    return result;
}

/// Entries whose values are set in place; the names and the nested ones must outlive it.
class fields {
  public:
    decltype(amqp_field_value_t::value)& add(const char* key, amqp_field_value_kind_t kind) {
        entries_.push_back({amqp_cstring_bytes(key), value(kind)});
        return entries_.back().value.value;
    }
    amqp_table_t table() { return {static_cast<int>(entries_.size()), entries_.data()}; }

  private:
    std::vector<amqp_table_entry_t> entries_;
};

template <class Number>
using limits = std::numeric_limits<Number>;

void add_integers(fields& to) {
    to.add("int8-least", AMQP_FIELD_KIND_I8).i8 = limits<std::int8_t>::min();
    to.add("uint8-most", AMQP_FIELD_KIND_U8).u8 = limits<std::uint8_t>::max();
    to.add("int16-least", AMQP_FIELD_KIND_I16).i16 = limits<std::int16_t>::min();
    to.add("uint16-most", AMQP_FIELD_KIND_U16).u16 = limits<std::uint16_t>::max();
    to.add("int32-least", AMQP_FIELD_KIND_I32).i32 = limits<std::int32_t>::min();
    to.add("int32-most", AMQP_FIELD_KIND_I32).i32 = limits<std::int32_t>::max();
    to.add("uint32-most", AMQP_FIELD_KIND_U32).u32 = limits<std::uint32_t>::max();
    to.add("int64-least", AMQP_FIELD_KIND_I64).i64 = limits<std::int64_t>::min();
    to.add("int64-most", AMQP_FIELD_KIND_I64).i64 = limits<std::int64_t>::max();
}

void add_others(fields& to) {
    to.add("true", AMQP_FIELD_KIND_BOOLEAN).boolean = 1;
    to.add("false", AMQP_FIELD_KIND_BOOLEAN).boolean = 0;
    to.add("float", AMQP_FIELD_KIND_F32).f32 = 0.15625F;
    to.add("double", AMQP_FIELD_KIND_F64).f64 = -1234.5;
    to.add("decimal", AMQP_FIELD_KIND_DECIMAL).decimal = {2, 1999};
    to.add("string", AMQP_FIELD_KIND_UTF8).bytes = amqp_cstring_bytes("text");
    to.add("empty-string", AMQP_FIELD_KIND_UTF8).bytes = amqp_empty_bytes;
    to.add("bytes", AMQP_FIELD_KIND_BYTES).bytes = {4, const_cast<char*>("\0\xff\x80z")};
    to.add("timestamp", AMQP_FIELD_KIND_TIMESTAMP).u64 = 1700000000;
    to.add("void", AMQP_FIELD_KIND_VOID);
}

void publish_and_get(amqp_connection_state_t connection, amqp_table_t headers) {
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_HEADERS_FLAG;
    properties.headers = headers;
    must(amqp_basic_publish(connection, 1, amqp_empty_bytes, queue, 0, 0, &properties,
                            amqp_cstring_bytes("types")) == AMQP_STATUS_OK,
         "basic.publish");
    must(amqp_basic_get(connection, 1, queue, 1), "basic.get");
    amqp_message_t message;
    must(amqp_read_message(connection, 1, &message, 0), "the message");
    amqp_destroy_message(&message);
}

void play(amqp_connection_state_t connection) {
    amqp_queue_declare(connection, 1, queue, 0, 0, 1, 0, amqp_empty_table);
    must(amqp_get_rpc_reply(connection), "queue.declare");

    fields nested;
    add_integers(nested);
    std::vector<amqp_field_value_t> items{value(AMQP_FIELD_KIND_U16), value(AMQP_FIELD_KIND_TABLE),
                                          value(AMQP_FIELD_KIND_ARRAY),
                                          value(AMQP_FIELD_KIND_VOID)};
    items[0].value.u16 = 17;
    items[1].value.table = amqp_empty_table;
    fields headers;
    add_integers(headers);
    add_others(headers);
    headers.add("table", AMQP_FIELD_KIND_TABLE).table = nested.table();
    headers.add("array", AMQP_FIELD_KIND_ARRAY).array = {static_cast<int>(items.size()),
                                                         items.data()};

    publish_and_get(connection, headers.table());

    // In a message of its own: tshark does not know it and loses its way behind it.
    fields alternative;
    alternative.add("L", AMQP_FIELD_KIND_U64).u64 = 1234567890123456789U;
    publish_and_get(connection, alternative.table());
}

} // namespace

int main(int count, char** arguments) {
    if (count == 2 && std::strcmp(arguments[1], "--list") == 0) {
        std::printf("%s\t%s\n", name, about);
        return 0;
    }
    must(count == 3 && std::strcmp(arguments[1], name) == 0, "usage: --list | SESSION PORT");
    const auto connection = amqp_new_connection();
    auto* socket = amqp_tcp_socket_new(connection);
    must(amqp_socket_open(socket, "127.0.0.1", std::atoi(arguments[2])) == AMQP_STATUS_OK, "TCP");
    must(amqp_login(connection, "/", 0, 131072, 60, AMQP_SASL_METHOD_PLAIN, "guest", "guest"),
         "login");
    must(amqp_channel_open(connection, 1) != nullptr, "channel.open");
    play(connection);
    must(amqp_connection_close(connection, AMQP_REPLY_SUCCESS), "connection.close");
    amqp_destroy_connection(connection);
}
