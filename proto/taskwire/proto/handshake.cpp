#include <taskwire/proto/connection.hpp>

#include <algorithm>

/// Channel 0: the way from the protocol header to open-ok, and the peer's connection-wide notices.
namespace taskwire::proto {

namespace {

/// RabbitMQ >= 4.1 refuses to be asked for less; an older server may still offer less.
constexpr std::uint32_t frame_max_asked_min = 8192;

/// The smaller of two limits, where 0 means "no limit". Source: AMQP 0-9-1, connection.tune-ok.
template <class Number>
Number negotiate(Number server, Number ours) {
    if (server == 0 || ours == 0)
        return std::max(server, ours);
    return std::min(server, ours);
}

table client_properties(const connection_options& options) {
    table capabilities;
    for (const auto* each :
         {"publisher_confirms", "exchange_exchange_bindings", "basic.nack",
          "consumer_cancel_notify", "connection.blocked", "authentication_failure_close"})
        capabilities.append(each, true);
    table properties{options.client_properties};
    for (const auto& [name, text] : {std::pair{"product", "taskwire"},
                                     {"version", "0.1.0"},
                                     {"platform", "C++20"},
                                     {"information", "AMQP 0-9-1 client for work queues"}})
        if (!properties.find(name))
            properties.append(name, text);
    if (!options.connection_name.empty())
        properties.append("connection_name", options.connection_name);
    properties.append("capabilities", capabilities);
    return properties;
}

} // namespace

void connection::on_connection_method(const spec::method_info& info, std::string_view arguments) {
    namespace c = spec::connection;
    switch (info.id.packed()) {
    case c::start::id.packed():
        if (c::start method; decode(arguments, method))
            on_start(method);
        return;
    case c::secure::id.packed():
        return violate(reply_code::command_invalid, errc::unexpected_method,
                       "the login mechanism knows no challenge", info.id);
    case c::tune::id.packed():
        if (c::tune method; decode(arguments, method))
            on_tune(method);
        return;
    case c::open_ok::id.packed():
        if (c::open_ok method; decode(arguments, method)) {
            state_ = connection_state::open;
            event_ = event::opened{};
        }
        return;
    case c::close::id.packed():
        if (c::close method; decode(arguments, method))
            on_peer_close(method);
        return;
    case c::close_ok::id.packed():
        return die(std::exchange(reason_, {}));
    case c::blocked::id.packed():
        if (c::blocked method; decode(arguments, method)) {
            blocked_ = true;
            event_ = event::blocked{method.reason};
        }
        return;
    case c::unblocked::id.packed():
        blocked_ = false;
        event_ = event::unblocked{};
        return;
    default:
        return on_reply(root_, info.id, arguments, nullptr);
    }
}

void connection::on_start(const spec::connection::start& method) {
    if (method.version_major != spec::protocol_major ||
        method.version_minor != spec::protocol_minor)
        return violate(reply_code::not_implemented, errc::version_mismatch,
                       "the server wants AMQP " + std::to_string(method.version_major) + "-" +
                           std::to_string(method.version_minor),
                       spec::connection::start::id);
    server_properties_ = table{method.server_properties};
    if (const auto capabilities = server_properties_.find("capabilities"))
        if (const auto fields = capabilities->as_table())
            if (const auto flag = fields->find("authentication_failure_close"))
                failure_close_announced_ = flag->as_bool().value_or(false);

    const auto mechanism = choose_mechanism(method.mechanisms, options_.mechanisms);
    if (mechanism.empty()) {
        std::string wanted;
        for (const auto& each : options_.mechanisms)
            wanted += (wanted.empty() ? "" : " ") + each;
        return violate(reply_code::access_refused, errc::no_common_mechanism,
                       "the server offers '" + std::string{method.mechanisms} + "', we can use '" +
                           wanted + "'",
                       spec::connection::start::id);
    }
    std::string response;
    if (const auto fault = initial_response(mechanism, options_.credentials, response))
        return violate(reply_code::access_refused, static_cast<errc>(fault.value()), "login",
                       spec::connection::start::id);
    send_start_ok(mechanism, response);
    wipe(response);
    wipe(options_.credentials.password);
}

void connection::send_start_ok(std::string_view mechanism, std::string_view response) {
    const auto properties = client_properties(options_);
    const spec::connection::start_ok answer{properties, mechanism, response, "en_US"};
    if (4 + wire::measure(answer).size > payload_max())
        return violate(reply_code::frame_error, errc::header_exceeds_frame_max,
                       "client properties and credentials exceed one frame",
                       spec::connection::start_ok::id);
    write(0, answer);
    state_ = connection_state::tune;
}

/// Source: AMQP 0-9-1, connection.tune; RabbitMQ refuses 0 where it has a limit (530).
void connection::on_tune(const spec::connection::tune& method) {
    const auto ours = options_.frame_max == 0 ? std::uint32_t{0}
                                              : std::max(options_.frame_max, frame_max_asked_min);
    frame_max_ = negotiate(method.frame_max, ours);
    channel_max_ = negotiate(method.channel_max, options_.channel_max);
    const auto wanted = std::clamp<std::int64_t>(options_.heartbeat.count(), 0, 0xffff);
    heartbeat_ =
        std::chrono::seconds{negotiate(method.heartbeat, static_cast<std::uint16_t>(wanted))};
    if (frame_max_ != 0 && frame_max_ < spec::frame_min_size)
        return violate(reply_code::not_allowed, errc::bad_tune,
                       "the server offers a frame_max of " + std::to_string(frame_max_),
                       spec::connection::tune::id);

    write(0, spec::connection::tune_ok{channel_max_, frame_max_,
                                       static_cast<std::uint16_t>(heartbeat_.count())});
    if (channel_max_ == 0)
        channel_max_ = 0xffff;
    // RabbitMQ lets a frame be its overhead too long, so a payload of all of frame_max is taken.
    // A frame is buffered whole, so without that limit the one of messages bounds it.
    limits_.body_payload_max =
        frame_max_ == 0 ? std::max(options_.message_size_max, payload_max()) : frame_max_;
    limits_.other_payload_max = std::max<std::size_t>(options_.header_size_max, frame_max_);

    const spec::connection::open open{options_.virtual_host};
    if (const auto size = wire::measure(open); size.fault != errc{})
        return violate(reply_code::invalid_path, size.fault, "virtual host",
                       spec::connection::open::id);
    write(0, open);
    state_ = connection_state::open_ok;
}

void connection::on_peer_close(const spec::connection::close& method) {
    const bool login = state_ == connection_state::tune &&
                       method.reply_code == static_cast<std::uint16_t>(reply_code::access_refused);
    std::error_code code = static_cast<reply_code>(method.reply_code);
    if (login)
        code = errc::login_refused;
    if (!code) // a peer that says 0 must not make it look like our own wish
        code = errc::connection_closed;
    const bool crossing = state_ == connection_state::closing; // our own close-ok is still due
    if (crossing && !answer_peer())
        return;
    close_reason why{
        code, std::string{method.reply_text}, true, {method.class_id, method.method_id}};
    write(0, spec::connection::close_ok{});
    if (!crossing)
        die(std::move(why));
}

} // namespace taskwire::proto
