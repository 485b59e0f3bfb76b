#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

/* The workloads of client.cpp through librabbitmq:  rabbitmqc MODE PORT COUNT [BODY [WINDOW]] */

static void require(int fine, const char *what) {
    if (!fine) {
        fprintf(stderr, "rabbitmqc: %s failed\n", what);
        exit(1);
    }
}

static void require_reply(amqp_rpc_reply_t reply, const char *what) {
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
        fprintf(stderr, "%s\n", amqp_error_string2(reply.library_error));
    require(reply.reply_type == AMQP_RESPONSE_NORMAL, what);
}

/* Reads one frame, which must be a confirm, and returns how many messages are confirmed by now. */
static uint64_t wait_confirm(amqp_connection_state_t on, uint64_t confirmed) {
    amqp_frame_t frame;
    require(amqp_simple_wait_frame(on, &frame) == AMQP_STATUS_OK, "waiting for a confirm");
    require(frame.frame_type == AMQP_FRAME_METHOD &&
                frame.payload.method.id == AMQP_BASIC_ACK_METHOD,
            "basic.ack");
    const amqp_basic_ack_t *ack = frame.payload.method.decoded;
    confirmed = ack->multiple ? ack->delivery_tag : confirmed + 1;
    amqp_maybe_release_buffers(on);
    return confirmed;
}

static void publish(amqp_connection_state_t on, uint64_t count, amqp_bytes_t body,
                    uint64_t window) {
    amqp_confirm_select(on, 1);
    require_reply(amqp_get_rpc_reply(on), "confirm.select");
    amqp_basic_properties_t properties;
    memset(&properties, 0, sizeof properties);
    properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties.delivery_mode = 2;
    const amqp_bytes_t exchange = amqp_cstring_bytes("");
    const amqp_bytes_t key = amqp_cstring_bytes("q");
    const struct measure since = measure_now();
    uint64_t confirmed = 0;
    for (uint64_t sent = 0; sent < count; ++sent) {
        while (sent - confirmed >= window)
            confirmed = wait_confirm(on, confirmed);
        require(amqp_basic_publish(on, 1, exchange, key, 0, 0, &properties, body) == 0,
                "basic.publish");
    }
    while (confirmed < count)
        confirmed = wait_confirm(on, confirmed);
    measure_report("rabbitmq-c publish", since, (double)count, -1);
}

static void consume(amqp_connection_state_t on, uint64_t count, uint64_t prefetch) {
    amqp_basic_qos(on, 1, 0, (uint16_t)prefetch, 0);
    require_reply(amqp_get_rpc_reply(on), "basic.qos");
    const struct measure since = measure_now();
    amqp_basic_consume(on, 1, amqp_cstring_bytes("q"), amqp_empty_bytes, 0, 0, 0,
                       amqp_empty_table);
    require_reply(amqp_get_rpc_reply(on), "basic.consume");
    for (uint64_t taken = 0; taken < count; ++taken) {
        amqp_envelope_t envelope;
        amqp_maybe_release_buffers(on);
        require_reply(amqp_consume_message(on, &envelope, NULL, 0), "consuming");
        require(amqp_basic_ack(on, 1, envelope.delivery_tag, 0) == 0, "basic.ack");
        amqp_destroy_envelope(&envelope);
    }
    measure_report("rabbitmq-c consume", since, (double)count, -1);
}

int main(int count, char **words) {
    if (count < 4) {
        fprintf(stderr, "usage: %s MODE PORT COUNT [BODY [WINDOW]]\n", words[0]);
        return 2;
    }
    const int consuming = strncmp(words[1], "consume", 7) == 0;
    const uint64_t messages = strtoull(words[3], NULL, 10);
    const size_t size = count > 4 ? strtoul(words[4], NULL, 10) : 256;
    const uint64_t window = count > 5 ? strtoull(words[5], NULL, 10) : (consuming ? 256 : 1024);
    const amqp_bytes_t body = amqp_bytes_malloc(size);
    memset(body.bytes, 'x', size);

    amqp_connection_state_t on = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(on);
    require(amqp_socket_open(socket, "127.0.0.1", atoi(words[2])) == AMQP_STATUS_OK, "connecting");
    require_reply(amqp_login(on, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"),
                  "login");
    amqp_channel_open(on, 1);
    require_reply(amqp_get_rpc_reply(on), "channel.open");
    if (consuming)
        consume(on, messages, window);
    else
        publish(on, messages, body, window);
    amqp_connection_close(on, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(on);
    return 0;
}
