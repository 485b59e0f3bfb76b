#include <taskwire/error.hpp>

#include <string>

namespace taskwire {
namespace {

const char* text_of(errc code) {
    switch (code) {
    case errc::bad_frame_end:
        return "a frame does not end with 0xCE";
    case errc::unknown_frame_type:
        return "a frame has an unknown type";
    case errc::frame_too_large:
        return "a frame is larger than was negotiated";
    case errc::malformed_table:
        return "a field table is malformed";
    case errc::table_too_deep:
        return "a field table is nested too deeply";
    case errc::unknown_field_kind:
        return "a field table holds a value of unknown kind";
    case errc::malformed_method:
        return "a method's arguments cannot be decoded";
    case errc::unknown_method:
        return "a method is unknown";
    case errc::unexpected_method:
        return "a method is not legal in this state";
    case errc::unexpected_frame:
        return "a frame is not legal in this state";
    case errc::malformed_header:
        return "a content header cannot be decoded";
    case errc::body_overrun:
        return "a body is longer than its header says";
    case errc::message_too_large:
        return "a message is larger than message_size_max";
    case errc::unknown_channel:
        return "a frame is for a channel that is not open";
    case errc::version_mismatch:
        return "the server does not speak AMQP 0-9-1";
    case errc::bad_tune:
        return "the server's tuning values are not usable";
    case errc::string_too_long:
        return "a short string is longer than it may be";
    case errc::name_refused:
        return "a name is empty or holds a character that is not allowed";
    case errc::header_exceeds_frame_max:
        return "the properties do not fit one frame";
    case errc::number_not_finite:
        return "a table cannot carry NaN or infinity";
    case errc::channels_exhausted:
        return "all channels of the connection are in use";
    case errc::unknown_delivery_tag:
        return "the delivery tag is unknown or already settled";
    case errc::stale_delivery:
        return "the delivery belongs to a channel that has closed";
    case errc::transaction_and_confirm:
        return "a channel cannot be in tx and confirm mode";
    case errc::window_full:
        return "too many publishes wait for room in the window";
    case errc::flow_stopped:
        return "the broker has paused publishing on the channel";
    case errc::nacked:
        return "the broker could not take the message";
    case errc::no_common_mechanism:
        return "no login mechanism is common to both sides";
    case errc::credentials_contain_nul:
        return "user name and password cannot contain NUL";
    case errc::bad_uri:
        return "the AMQP URI is not valid";
    case errc::tls_options_refused:
        return "the TLS options cannot be used";
    case errc::certificate_expired:
        return "the server's certificate has expired";
    case errc::certificate_not_yet_valid:
        return "the server's certificate is not valid yet";
    case errc::certificate_untrusted:
        return "the server's certificate comes from nobody that we trust";
    case errc::certificate_wrong_name:
        return "the server's certificate is for another name";
    case errc::certificate_revoked:
        return "the server's certificate is revoked";
    case errc::certificate_refused:
        return "the server's certificate was not accepted";
    case errc::client_certificate_refused:
        return "the server wants another client certificate";
    case errc::tls_not_spoken:
        return "the server does not speak TLS";
    case errc::tls_required:
        return "the server speaks TLS only";
    case errc::tls_failed:
        return "TLS failed";
    case errc::login_refused:
        return "login refused";
    case errc::handshake_timed_out:
        return "the handshake took too long";
    case errc::request_timed_out:
        return "the broker did not reply in time";
    case errc::heartbeat_missed:
        return "the peer has been silent for two heartbeat intervals";
    case errc::close_timed_out:
        return "the broker did not answer the close in time";
    case errc::connection_lost:
        return "the connection was lost";
    case errc::connection_closed:
        return "the connection is closed";
    case errc::channel_closed:
        return "the channel is closed";
    case errc::consumer_cancelled:
        return "the broker cancelled the consumer";
    case errc::cancelled:
        return "the operation was cancelled";
    }
    return "unknown taskwire error";
}

class taskwire_category_type final : public std::error_category {
  public:
    const char* name() const noexcept override { return "taskwire"; }
    std::string message(int value) const override { return text_of(static_cast<errc>(value)); }
};

class reply_category_type final : public std::error_category {
  public:
    const char* name() const noexcept override { return "amqp"; }
    std::string message(int value) const override {
        std::string text{to_string(static_cast<reply_code>(value))};
        if (text.empty())
            text = "reply code";
        return text + " (" + std::to_string(value) + ")";
    }
};

} // namespace

const std::error_category& taskwire_category() noexcept {
    static const taskwire_category_type category;
    return category;
}

const std::error_category& reply_category() noexcept {
    static const reply_category_type category;
    return category;
}

std::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), taskwire_category()};
}

std::error_code spec::make_error_code(reply_code code) noexcept {
    return {static_cast<int>(code), reply_category()};
}

} // namespace taskwire
