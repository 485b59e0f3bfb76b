#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

/* The workloads of client.cpp through librabbitmq; they are described in README.md. */

struct workload {
    const char* mode;
    uint64_t count;
    uint64_t window;
    amqp_channel_t channels;
    amqp_bytes_t body;
};

static void require(int fine, const char* what) {
    if (!fine) {
        fprintf(stderr, "rabbitmqc: %s failed\n", what);
        exit(1);
    }
}

static void require_reply(amqp_rpc_reply_t reply, const char* what) {
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
        fprintf(stderr, "%s\n", amqp_error_string2(reply.library_error));
    require(reply.reply_type == AMQP_RESPONSE_NORMAL, what);
}

static amqp_bytes_t queue_name(void) {
    return amqp_cstring_bytes("q");
}

/* Message number `sent` goes to the next channel in turn. */
static void publish_one(amqp_connection_state_t on, const struct workload* what, uint64_t sent) {
    static const amqp_basic_properties_t persistent = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG,
                                                       .delivery_mode = 2};
    const amqp_channel_t channel = (amqp_channel_t)(1 + sent % what->channels);
    require(amqp_basic_publish(on, channel, amqp_empty_bytes, queue_name(), 0, 0, &persistent,
                               what->body) == 0,
            "basic.publish");
}

/* Reads one frame, which must be a confirm, and returns how many messages it settles. One queue
 * confirms in order. `confirmed` holds the highest tag of each channel. */
static uint64_t wait_confirm(amqp_connection_state_t on, uint64_t* confirmed) {
    amqp_frame_t frame;
    require(amqp_simple_wait_frame(on, &frame) == AMQP_STATUS_OK, "waiting for a confirm");
    require(frame.frame_type == AMQP_FRAME_METHOD &&
                frame.payload.method.id == AMQP_BASIC_ACK_METHOD,
            "basic.ack");
    const amqp_basic_ack_t* ack = frame.payload.method.decoded;
    uint64_t* highest = &confirmed[frame.channel];
    const uint64_t settled = ack->multiple ? ack->delivery_tag - *highest : 1;
    *highest += settled;
    amqp_maybe_release_buffers_on_channel(on, frame.channel);
    return settled;
}

static void publish(amqp_connection_state_t on, const struct workload* what) {
    for (amqp_channel_t i = 1; i <= what->channels; ++i) {
        amqp_confirm_select(on, i);
        require_reply(amqp_get_rpc_reply(on), "confirm.select");
    }
    uint64_t* tags = calloc(what->channels + 1U, sizeof *tags);
    const struct measure since = measure_now();
    uint64_t confirmed = 0;
    for (uint64_t sent = 0; sent < what->count; ++sent) {
        while (sent - confirmed >= what->window)
            confirmed += wait_confirm(on, tags);
        publish_one(on, what, sent);
    }
    while (confirmed < what->count)
        confirmed += wait_confirm(on, tags);
    measure_report("rabbitmq-c publish", since, (double)what->count, -1);
    free(tags);
}

/* A blocking write holds it up; the last answer of each channel shows that all has arrived. */
static void publish_unconfirmed(amqp_connection_state_t on, const struct workload* what) {
    const struct measure since = measure_now();
    for (uint64_t sent = 0; sent < what->count; ++sent)
        publish_one(on, what, sent);
    for (amqp_channel_t i = 1; i <= what->channels; ++i) {
        amqp_queue_declare(on, i, queue_name(), 1, 0, 0, 0, amqp_empty_table);
        require_reply(amqp_get_rpc_reply(on), "queue.declare");
    }
    measure_report("rabbitmq-c publish-unconfirmed", since, (double)what->count, -1);
}

static void start_consumer(amqp_connection_state_t on, amqp_channel_t channel, int no_ack) {
    amqp_basic_consume(on, channel, queue_name(), amqp_empty_bytes, 0, no_ack, 0, amqp_empty_table);
    require_reply(amqp_get_rpc_reply(on), "basic.consume");
}

static void take_one(amqp_connection_state_t on, int no_ack) {
    amqp_envelope_t envelope;
    require_reply(amqp_consume_message(on, &envelope, NULL, 0), "consuming");
    if (!no_ack)
        require(amqp_basic_ack(on, envelope.channel, envelope.delivery_tag, 0) == 0, "basic.ack");
    amqp_destroy_envelope(&envelope);
    amqp_maybe_release_buffers_on_channel(on, envelope.channel);
}

static void consume(amqp_connection_state_t on, const struct workload* what) {
    const uint64_t share = what->window / what->channels;
    for (amqp_channel_t i = 1; i <= what->channels; ++i) {
        amqp_basic_qos(on, i, 0, (uint16_t)(share != 0 ? share : 1), 0);
        require_reply(amqp_get_rpc_reply(on), "basic.qos");
    }
    for (amqp_channel_t i = 1; i <= what->channels; ++i)
        start_consumer(on, i, 0);
    const struct measure since = measure_now();
    for (uint64_t taken = 0; taken < what->count; ++taken)
        take_one(on, 0);
    measure_report("rabbitmq-c consume", since, (double)what->count, -1);
}

static void roundtrip(amqp_connection_state_t on, const struct workload* what) {
    double* times = calloc(what->count, sizeof *times);
    start_consumer(on, 1, 1);
    const struct measure since = measure_now();
    for (uint64_t i = 0; i < what->count; ++i) {
        const double sent = measure_clock();
        publish_one(on, what, 0);
        take_one(on, 1);
        times[i] = measure_clock() - sent;
    }
    measure_report_roundtrips("rabbitmq-c roundtrip", since, times, what->count, -1);
    free(times);
}

static struct workload read_words(int count, char** words) {
    struct workload what;
    if (count < 4) {
        fprintf(stderr, "usage: %s MODE PORT COUNT [BODY [WINDOW [CHANNELS]]]\n", words[0]);
        exit(2);
    }
    what.mode = words[1];
    what.count = strtoull(words[3], NULL, 10);
    what.window = count > 5                               ? strtoull(words[5], NULL, 10)
                  : strncmp(what.mode, "consume", 7) == 0 ? 256
                                                          : 1024;
    what.channels = count > 6 ? (amqp_channel_t)strtoul(words[6], NULL, 10) : 1;
    what.body = amqp_bytes_malloc(count > 4 ? strtoul(words[4], NULL, 10) : 256);
    memset(what.body.bytes, 'x', what.body.len);
    return what;
}

int main(int count, char** words) {
    const struct workload what = read_words(count, words);
    amqp_connection_state_t on = amqp_new_connection();
    amqp_socket_t* socket = amqp_tcp_socket_new(on);
    require(amqp_socket_open(socket, "127.0.0.1", atoi(words[2])) == AMQP_STATUS_OK, "connecting");
    require_reply(amqp_login(on, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"),
                  "login");
    for (amqp_channel_t i = 1; i <= what.channels; ++i) {
        amqp_channel_open(on, i);
        require_reply(amqp_get_rpc_reply(on), "channel.open");
    }
    if (strcmp(what.mode, "publish") == 0)
        publish(on, &what);
    else if (strcmp(what.mode, "publish-unconfirmed") == 0)
        publish_unconfirmed(on, &what);
    else if (strcmp(what.mode, "consume") == 0)
        consume(on, &what);
    else if (strcmp(what.mode, "roundtrip") == 0)
        roundtrip(on, &what);
    else
        require(0, what.mode);
    amqp_connection_close(on, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(on);
    return 0;
}
