#pragma once

#include <system_error>

#include <taskwire/constants.gen.hpp>

namespace taskwire {

using spec::reply_code;

/// What can go wrong on our side of the wire. What the broker refuses is a `reply_code` instead.
enum class errc {
    // The peer's bytes break the protocol.
    bad_frame_end = 1,
    unknown_frame_type,
    frame_too_large,
    malformed_table,
    table_too_deep,
    unknown_field_kind,
    malformed_method,
    unknown_method,
    unexpected_method,
    unexpected_frame,
    malformed_header,
    body_overrun,
    message_too_large,
    unknown_channel,
    version_mismatch,
    bad_tune,

    // What the caller asked for cannot be sent.
    string_too_long,
    name_refused,
    header_exceeds_frame_max,
    number_not_finite,
    channels_exhausted,
    unknown_delivery_tag,
    stale_delivery,
    transaction_and_confirm,
    window_full,
    flow_stopped,
    nacked,
    no_common_mechanism,
    credentials_contain_nul,
    bad_uri,
    tls_options_refused,

    // TLS was to protect the connection, and could not.
    certificate_expired,
    certificate_not_yet_valid,
    certificate_untrusted,
    certificate_wrong_name,
    certificate_revoked,
    certificate_refused,
    client_certificate_refused,
    tls_not_spoken,
    tls_required,
    tls_failed,

    // The connection, a channel or an operation ended.
    login_refused,
    handshake_timed_out,
    request_timed_out,
    heartbeat_missed,
    close_timed_out,
    connection_lost,
    connection_closed,
    channel_closed,
    consumer_cancelled,
    cancelled,
};

/// Category of `errc`; messages are one clause without a full stop.
const std::error_category& taskwire_category() noexcept;

/// Category of the broker's reply codes; a message reads "NOT_FOUND (404)".
const std::error_category& reply_category() noexcept;

std::error_code make_error_code(errc code) noexcept;

namespace spec {
std::error_code make_error_code(reply_code code) noexcept;
}

} // namespace taskwire

template <>
struct std::is_error_code_enum<taskwire::errc> : std::true_type {};

template <>
struct std::is_error_code_enum<taskwire::spec::reply_code> : std::true_type {};
