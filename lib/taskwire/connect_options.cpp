#include <taskwire/connect_options.hpp>

#include <algorithm>

#include <taskwire/error.hpp>
#include <taskwire/uri.hpp>

namespace taskwire {

std::string to_string(const endpoint& where) {
    const bool bare_ipv6 = where.host.find(':') != std::string::npos;
    return (bare_ipv6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

namespace {

endpoint_options parse_one(std::string_view text) {
    uri parsed;
    if (const auto fault = parse_uri(text, parsed))
        throw std::system_error{errc::bad_uri, fault.message};
    return apply_defaults(parsed);
}

void apply(const endpoint_options& from, connect_options& to) {
    auto& protocol = to.protocol;
    protocol.credentials = {from.user, from.password};
    protocol.virtual_host = from.vhost;
    const auto& query = from.query;
    if (query.heartbeat_s)
        protocol.heartbeat = std::chrono::seconds{*query.heartbeat_s};
    if (query.channel_max)
        protocol.channel_max = *query.channel_max;
    if (query.frame_max)
        protocol.frame_max = *query.frame_max;
    if (query.connection_timeout_ms)
        to.connect_timeout = std::chrono::milliseconds{*query.connection_timeout_ms};
    if (!query.auth_mechanisms.empty())
        protocol.mechanisms = query.auth_mechanisms;
    to.tls.ca_file = query.cacertfile.value_or("");
    to.tls.certificate_file = query.certfile.value_or("");
    to.tls.key_file = query.keyfile.value_or("");
    to.tls.key_passphrase = query.key_password.value_or("");
    to.tls.insecure_no_verification = !query.verify_peer.value_or(true);
    if (query.server_name_indication == "disable")
        to.tls.send_server_name = false;
    else
        to.tls.server_name = query.server_name_indication.value_or("");
    to.unknown_parameters = query.unknown_keys;
}

} // namespace

connect_options connect_options::from_uri(std::string_view uris) {
    connect_options result;
    result.endpoints.clear();
    while (true) {
        const auto comma = std::min(uris.find(','), uris.size());
        const auto one = parse_one(uris.substr(0, comma));
        if (result.endpoints.empty())
            apply(one, result);
        result.endpoints.push_back({one.host, one.port, one.tls});
        if (comma == uris.size())
            return result;
        uris.remove_prefix(comma + 1);
    }
}

} // namespace taskwire
