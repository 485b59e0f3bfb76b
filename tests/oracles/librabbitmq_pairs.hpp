#pragma once

#include <amqp.h>
#include <amqp_framing.h>

#include <taskwire/spec.gen.hpp>

/// Which member of our structs is which of librabbitmq's, by name; reserved ones have no pair.
/// librabbitmq 0.11 knows every method but connection.update-secret and its answer.
namespace taskwire::test {

// The struct of a method; for decltype only.
amqp_connection_start_t counterpart(const spec::connection::start&);
amqp_connection_start_ok_t counterpart(const spec::connection::start_ok&);
amqp_connection_secure_t counterpart(const spec::connection::secure&);
amqp_connection_secure_ok_t counterpart(const spec::connection::secure_ok&);
amqp_connection_tune_t counterpart(const spec::connection::tune&);
amqp_connection_tune_ok_t counterpart(const spec::connection::tune_ok&);
amqp_connection_open_t counterpart(const spec::connection::open&);
amqp_connection_open_ok_t counterpart(const spec::connection::open_ok&);
amqp_connection_close_t counterpart(const spec::connection::close&);
amqp_connection_close_ok_t counterpart(const spec::connection::close_ok&);
amqp_connection_blocked_t counterpart(const spec::connection::blocked&);
amqp_connection_unblocked_t counterpart(const spec::connection::unblocked&);
amqp_channel_open_t counterpart(const spec::channel::open&);
amqp_channel_open_ok_t counterpart(const spec::channel::open_ok&);
amqp_channel_flow_t counterpart(const spec::channel::flow&);
amqp_channel_flow_ok_t counterpart(const spec::channel::flow_ok&);
amqp_channel_close_t counterpart(const spec::channel::close&);
amqp_channel_close_ok_t counterpart(const spec::channel::close_ok&);
amqp_exchange_declare_t counterpart(const spec::exchange::declare&);
amqp_exchange_declare_ok_t counterpart(const spec::exchange::declare_ok&);
amqp_exchange_delete_t counterpart(const spec::exchange::delete_&);
amqp_exchange_delete_ok_t counterpart(const spec::exchange::delete_ok&);
amqp_exchange_bind_t counterpart(const spec::exchange::bind&);
amqp_exchange_bind_ok_t counterpart(const spec::exchange::bind_ok&);
amqp_exchange_unbind_t counterpart(const spec::exchange::unbind&);
amqp_exchange_unbind_ok_t counterpart(const spec::exchange::unbind_ok&);
amqp_queue_declare_t counterpart(const spec::queue::declare&);
amqp_queue_declare_ok_t counterpart(const spec::queue::declare_ok&);
amqp_queue_bind_t counterpart(const spec::queue::bind&);
amqp_queue_bind_ok_t counterpart(const spec::queue::bind_ok&);
amqp_queue_purge_t counterpart(const spec::queue::purge&);
amqp_queue_purge_ok_t counterpart(const spec::queue::purge_ok&);
amqp_queue_delete_t counterpart(const spec::queue::delete_&);
amqp_queue_delete_ok_t counterpart(const spec::queue::delete_ok&);
amqp_queue_unbind_t counterpart(const spec::queue::unbind&);
amqp_queue_unbind_ok_t counterpart(const spec::queue::unbind_ok&);
amqp_basic_qos_t counterpart(const spec::basic::qos&);
amqp_basic_qos_ok_t counterpart(const spec::basic::qos_ok&);
amqp_basic_consume_t counterpart(const spec::basic::consume&);
amqp_basic_consume_ok_t counterpart(const spec::basic::consume_ok&);
amqp_basic_cancel_t counterpart(const spec::basic::cancel&);
amqp_basic_cancel_ok_t counterpart(const spec::basic::cancel_ok&);
amqp_basic_publish_t counterpart(const spec::basic::publish&);
amqp_basic_return_t counterpart(const spec::basic::return_&);
amqp_basic_deliver_t counterpart(const spec::basic::deliver&);
amqp_basic_get_t counterpart(const spec::basic::get&);
amqp_basic_get_ok_t counterpart(const spec::basic::get_ok&);
amqp_basic_get_empty_t counterpart(const spec::basic::get_empty&);
amqp_basic_ack_t counterpart(const spec::basic::ack&);
amqp_basic_reject_t counterpart(const spec::basic::reject&);
amqp_basic_recover_async_t counterpart(const spec::basic::recover_async&);
amqp_basic_recover_t counterpart(const spec::basic::recover&);
amqp_basic_recover_ok_t counterpart(const spec::basic::recover_ok&);
amqp_basic_nack_t counterpart(const spec::basic::nack&);
amqp_confirm_select_t counterpart(const spec::confirm::select&);
amqp_confirm_select_ok_t counterpart(const spec::confirm::select_ok&);
amqp_tx_select_t counterpart(const spec::tx::select&);
amqp_tx_select_ok_t counterpart(const spec::tx::select_ok&);
amqp_tx_commit_t counterpart(const spec::tx::commit&);
amqp_tx_commit_ok_t counterpart(const spec::tx::commit_ok&);
amqp_tx_rollback_t counterpart(const spec::tx::rollback&);
amqp_tx_rollback_ok_t counterpart(const spec::tx::rollback_ok&);

inline void pair(spec::connection::start& a, amqp_connection_start_t& b, auto&& each) {
    each(a.version_major, b.version_major);
    each(a.version_minor, b.version_minor);
    each(a.server_properties, b.server_properties);
    each(a.mechanisms, b.mechanisms);
    each(a.locales, b.locales);
}
inline void pair(spec::connection::start_ok& a, amqp_connection_start_ok_t& b, auto&& each) {
    each(a.client_properties, b.client_properties);
    each(a.mechanism, b.mechanism);
    each(a.response, b.response);
    each(a.locale, b.locale);
}
inline void pair(spec::connection::secure& a, amqp_connection_secure_t& b, auto&& each) {
    each(a.challenge, b.challenge);
}
inline void pair(spec::connection::secure_ok& a, amqp_connection_secure_ok_t& b, auto&& each) {
    each(a.response, b.response);
}
inline void pair(spec::connection::tune& a, amqp_connection_tune_t& b, auto&& each) {
    each(a.channel_max, b.channel_max);
    each(a.frame_max, b.frame_max);
    each(a.heartbeat, b.heartbeat);
}
inline void pair(spec::connection::tune_ok& a, amqp_connection_tune_ok_t& b, auto&& each) {
    each(a.channel_max, b.channel_max);
    each(a.frame_max, b.frame_max);
    each(a.heartbeat, b.heartbeat);
}
inline void pair(spec::connection::open& a, amqp_connection_open_t& b, auto&& each) {
    each(a.virtual_host, b.virtual_host);
}
inline void pair(spec::connection::open_ok&, amqp_connection_open_ok_t&, auto&&) {}
inline void pair(spec::connection::close& a, amqp_connection_close_t& b, auto&& each) {
    each(a.reply_code, b.reply_code);
    each(a.reply_text, b.reply_text);
    each(a.class_id, b.class_id);
    each(a.method_id, b.method_id);
}
inline void pair(spec::connection::close_ok&, amqp_connection_close_ok_t&, auto&&) {}
inline void pair(spec::connection::blocked& a, amqp_connection_blocked_t& b, auto&& each) {
    each(a.reason, b.reason);
}
inline void pair(spec::connection::unblocked&, amqp_connection_unblocked_t&, auto&&) {}
inline void pair(spec::channel::open&, amqp_channel_open_t&, auto&&) {}
inline void pair(spec::channel::open_ok&, amqp_channel_open_ok_t&, auto&&) {}
inline void pair(spec::channel::flow& a, amqp_channel_flow_t& b, auto&& each) {
    each(a.active, b.active);
}
inline void pair(spec::channel::flow_ok& a, amqp_channel_flow_ok_t& b, auto&& each) {
    each(a.active, b.active);
}
inline void pair(spec::channel::close& a, amqp_channel_close_t& b, auto&& each) {
    each(a.reply_code, b.reply_code);
    each(a.reply_text, b.reply_text);
    each(a.class_id, b.class_id);
    each(a.method_id, b.method_id);
}
inline void pair(spec::channel::close_ok&, amqp_channel_close_ok_t&, auto&&) {}
inline void pair(spec::exchange::declare& a, amqp_exchange_declare_t& b, auto&& each) {
    each(a.exchange, b.exchange);
    each(a.type, b.type);
    each(a.passive, b.passive);
    each(a.durable, b.durable);
    each(a.auto_delete, b.auto_delete);
    each(a.internal, b.internal);
    each(a.arguments, b.arguments);
}
inline void pair(spec::exchange::declare_ok&, amqp_exchange_declare_ok_t&, auto&&) {}
inline void pair(spec::exchange::delete_& a, amqp_exchange_delete_t& b, auto&& each) {
    each(a.exchange, b.exchange);
    each(a.if_unused, b.if_unused);
}
inline void pair(spec::exchange::delete_ok&, amqp_exchange_delete_ok_t&, auto&&) {}
inline void pair(spec::exchange::bind& a, amqp_exchange_bind_t& b, auto&& each) {
    each(a.destination, b.destination);
    each(a.source, b.source);
    each(a.routing_key, b.routing_key);
    each(a.arguments, b.arguments);
}
inline void pair(spec::exchange::bind_ok&, amqp_exchange_bind_ok_t&, auto&&) {}
inline void pair(spec::exchange::unbind& a, amqp_exchange_unbind_t& b, auto&& each) {
    each(a.destination, b.destination);
    each(a.source, b.source);
    each(a.routing_key, b.routing_key);
    each(a.arguments, b.arguments);
}
inline void pair(spec::exchange::unbind_ok&, amqp_exchange_unbind_ok_t&, auto&&) {}
inline void pair(spec::queue::declare& a, amqp_queue_declare_t& b, auto&& each) {
    each(a.queue, b.queue);
    each(a.passive, b.passive);
    each(a.durable, b.durable);
    each(a.exclusive, b.exclusive);
    each(a.auto_delete, b.auto_delete);
    each(a.arguments, b.arguments);
}
inline void pair(spec::queue::declare_ok& a, amqp_queue_declare_ok_t& b, auto&& each) {
    each(a.queue, b.queue);
    each(a.message_count, b.message_count);
    each(a.consumer_count, b.consumer_count);
}
inline void pair(spec::queue::bind& a, amqp_queue_bind_t& b, auto&& each) {
    each(a.queue, b.queue);
    each(a.exchange, b.exchange);
    each(a.routing_key, b.routing_key);
    each(a.arguments, b.arguments);
}
inline void pair(spec::queue::bind_ok&, amqp_queue_bind_ok_t&, auto&&) {}
inline void pair(spec::queue::purge& a, amqp_queue_purge_t& b, auto&& each) {
    each(a.queue, b.queue);
}
inline void pair(spec::queue::purge_ok& a, amqp_queue_purge_ok_t& b, auto&& each) {
    each(a.message_count, b.message_count);
}
inline void pair(spec::queue::delete_& a, amqp_queue_delete_t& b, auto&& each) {
    each(a.queue, b.queue);
    each(a.if_unused, b.if_unused);
    each(a.if_empty, b.if_empty);
}
inline void pair(spec::queue::delete_ok& a, amqp_queue_delete_ok_t& b, auto&& each) {
    each(a.message_count, b.message_count);
}
inline void pair(spec::queue::unbind& a, amqp_queue_unbind_t& b, auto&& each) {
    each(a.queue, b.queue);
    each(a.exchange, b.exchange);
    each(a.routing_key, b.routing_key);
    each(a.arguments, b.arguments);
}
inline void pair(spec::queue::unbind_ok&, amqp_queue_unbind_ok_t&, auto&&) {}
inline void pair(spec::basic::qos& a, amqp_basic_qos_t& b, auto&& each) {
    each(a.prefetch_size, b.prefetch_size);
    each(a.prefetch_count, b.prefetch_count);
    each(a.global, b.global);
}
inline void pair(spec::basic::qos_ok&, amqp_basic_qos_ok_t&, auto&&) {}
inline void pair(spec::basic::consume& a, amqp_basic_consume_t& b, auto&& each) {
    each(a.queue, b.queue);
    each(a.consumer_tag, b.consumer_tag);
    each(a.no_local, b.no_local);
    each(a.no_ack, b.no_ack);
    each(a.exclusive, b.exclusive);
    each(a.arguments, b.arguments);
}
inline void pair(spec::basic::consume_ok& a, amqp_basic_consume_ok_t& b, auto&& each) {
    each(a.consumer_tag, b.consumer_tag);
}
inline void pair(spec::basic::cancel& a, amqp_basic_cancel_t& b, auto&& each) {
    each(a.consumer_tag, b.consumer_tag);
}
inline void pair(spec::basic::cancel_ok& a, amqp_basic_cancel_ok_t& b, auto&& each) {
    each(a.consumer_tag, b.consumer_tag);
}
inline void pair(spec::basic::publish& a, amqp_basic_publish_t& b, auto&& each) {
    each(a.exchange, b.exchange);
    each(a.routing_key, b.routing_key);
    each(a.mandatory, b.mandatory);
    each(a.immediate, b.immediate);
}
inline void pair(spec::basic::return_& a, amqp_basic_return_t& b, auto&& each) {
    each(a.reply_code, b.reply_code);
    each(a.reply_text, b.reply_text);
    each(a.exchange, b.exchange);
    each(a.routing_key, b.routing_key);
}
inline void pair(spec::basic::deliver& a, amqp_basic_deliver_t& b, auto&& each) {
    each(a.consumer_tag, b.consumer_tag);
    each(a.delivery_tag, b.delivery_tag);
    each(a.redelivered, b.redelivered);
    each(a.exchange, b.exchange);
    each(a.routing_key, b.routing_key);
}
inline void pair(spec::basic::get& a, amqp_basic_get_t& b, auto&& each) {
    each(a.queue, b.queue);
    each(a.no_ack, b.no_ack);
}
inline void pair(spec::basic::get_ok& a, amqp_basic_get_ok_t& b, auto&& each) {
    each(a.delivery_tag, b.delivery_tag);
    each(a.redelivered, b.redelivered);
    each(a.exchange, b.exchange);
    each(a.routing_key, b.routing_key);
    each(a.message_count, b.message_count);
}
inline void pair(spec::basic::get_empty&, amqp_basic_get_empty_t&, auto&&) {}
inline void pair(spec::basic::ack& a, amqp_basic_ack_t& b, auto&& each) {
    each(a.delivery_tag, b.delivery_tag);
    each(a.multiple, b.multiple);
}
inline void pair(spec::basic::reject& a, amqp_basic_reject_t& b, auto&& each) {
    each(a.delivery_tag, b.delivery_tag);
    each(a.requeue, b.requeue);
}
inline void pair(spec::basic::recover_async& a, amqp_basic_recover_async_t& b, auto&& each) {
    each(a.requeue, b.requeue);
}
inline void pair(spec::basic::recover& a, amqp_basic_recover_t& b, auto&& each) {
    each(a.requeue, b.requeue);
}
inline void pair(spec::basic::recover_ok&, amqp_basic_recover_ok_t&, auto&&) {}
inline void pair(spec::basic::nack& a, amqp_basic_nack_t& b, auto&& each) {
    each(a.delivery_tag, b.delivery_tag);
    each(a.multiple, b.multiple);
    each(a.requeue, b.requeue);
}
inline void pair(spec::confirm::select&, amqp_confirm_select_t&, auto&&) {}
inline void pair(spec::confirm::select_ok&, amqp_confirm_select_ok_t&, auto&&) {}
inline void pair(spec::tx::select&, amqp_tx_select_t&, auto&&) {}
inline void pair(spec::tx::select_ok&, amqp_tx_select_ok_t&, auto&&) {}
inline void pair(spec::tx::commit&, amqp_tx_commit_t&, auto&&) {}
inline void pair(spec::tx::commit_ok&, amqp_tx_commit_ok_t&, auto&&) {}
inline void pair(spec::tx::rollback&, amqp_tx_rollback_t&, auto&&) {}
inline void pair(spec::tx::rollback_ok&, amqp_tx_rollback_ok_t&, auto&&) {}
/// With the flag that says that it is there.
inline void pair(spec::basic::properties& a, amqp_basic_properties_t& b, auto&& each) {
    each(AMQP_BASIC_CONTENT_TYPE_FLAG, a.content_type, b.content_type);
    each(AMQP_BASIC_CONTENT_ENCODING_FLAG, a.content_encoding, b.content_encoding);
    each(AMQP_BASIC_HEADERS_FLAG, a.headers, b.headers);
    each(AMQP_BASIC_DELIVERY_MODE_FLAG, a.delivery_mode, b.delivery_mode);
    each(AMQP_BASIC_PRIORITY_FLAG, a.priority, b.priority);
    each(AMQP_BASIC_CORRELATION_ID_FLAG, a.correlation_id, b.correlation_id);
    each(AMQP_BASIC_REPLY_TO_FLAG, a.reply_to, b.reply_to);
    each(AMQP_BASIC_EXPIRATION_FLAG, a.expiration, b.expiration);
    each(AMQP_BASIC_MESSAGE_ID_FLAG, a.message_id, b.message_id);
    each(AMQP_BASIC_TIMESTAMP_FLAG, a.timestamp, b.timestamp);
    each(AMQP_BASIC_TYPE_FLAG, a.type, b.type);
    each(AMQP_BASIC_USER_ID_FLAG, a.user_id, b.user_id);
    each(AMQP_BASIC_APP_ID_FLAG, a.app_id, b.app_id);
}

} // namespace taskwire::test
