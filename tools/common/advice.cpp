#include <common/advice.hpp>

#include <common/duration.hpp>
#include <common/size.hpp>

#include <taskwire/asio.hpp>

#include <asio/error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace taskwire::tools {

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// "NOT_FOUND - no queue 'q'" -> "no queue 'q'": the name says no more than what follows.
std::string_view without_code_name(std::string_view text) {
    const std::size_t dash = text.find(" - ");
    const bool is_name = dash != std::string_view::npos &&
                         std::all_of(text.begin(), text.begin() + dash,
                                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
    return is_name ? text.substr(dash + 3) : text;
}

// What stands in quotes after `before`: the name in "no queue 'q' in vhost '/'".
std::string quoted_after(std::string_view text, std::string_view before) {
    const std::size_t at = text.find(before);
    if (at == std::string_view::npos)
        return {};
    text.remove_prefix(at + before.size());
    const std::size_t end = text.find('\'');
    return end == std::string_view::npos ? std::string{} : std::string{text.substr(0, end)};
}

// The number that follows `before`.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view before) {
    const std::size_t at = text.find(before);
    if (at == std::string_view::npos)
        return std::nullopt;
    text.remove_prefix(at + before.size());
    std::uint64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
        return std::nullopt;
    return value;
}

advice on_not_found(std::string_view text, const advice_context& context) {
    if (const std::string exchange = quoted_after(text, "no exchange '"); !exchange.empty())
        return {fmt::format("exchange '{}' does not exist", exchange),
                "declare it first; the tools create queues only", exit_code::configuration};
    std::string queue = quoted_after(text, "no queue '");
    if (queue.empty())
        queue = context.queue;
    const std::string command = fmt::format("taskwire-producer --create {} …", shell_word(queue));
    return {fmt::format("queue '{}' does not exist", queue), command + ", or start a worker first",
            exit_code::configuration};
}

advice on_precondition(std::string_view text, const advice_context& context) {
    const std::string_view words = without_code_name(text);
    if (contains(text, "inequivalent arg"))
        return {fmt::format("queue '{}' exists with other arguments: {}",
                            quoted_after(text, "queue '"), words),
                "use it without --create, or delete it and let it be created anew",
                exit_code::configuration};
    if (contains(text, "delivery acknowledgement")) {
        const auto limit_ms = number_after(text, "Timeout value used: ");
        const std::string allowed =
            limit_ms ? fmt::format(" than the {} that the broker allows",
                                   format_duration(std::chrono::milliseconds(*limit_ms)))
                     : " than the broker allows";
        return {fmt::format("a task ran longer{}; it has been requeued", allowed),
                "raise consumer_timeout on the broker, or give --timeout", exit_code::temporary};
    }
    if (contains(text, "larger than")) {
        const auto size = number_after(text, "message size ");
        const auto limit = number_after(text, "max size ");
        if (size && limit)
            return {fmt::format("a task is {}; the broker takes {}", format_size(*size),
                                format_size(*limit)),
                    "raise max_message_size on the broker, or skip such tasks with --max-size",
                    exit_code::failed_tasks};
    }
    return {
        fmt::format("refused for '{}': {}", context.queue, words), {}, exit_code::configuration};
}

advice on_access_refused(std::string_view text, const advice_context& context) {
    return {fmt::format("user '{}': {}", context.user, without_code_name(text)),
            fmt::format("rabbitmqctl set_permissions -p {} {} '.*' '.*' '.*' allows everything",
                        shell_word(context.vhost), shell_word(context.user)),
            exit_code::no_permission};
}

advice on_not_allowed(std::string_view text, const advice_context& context) {
    if (contains(text, "not found"))
        return {
            fmt::format("no vhost '{}'", context.vhost),
            fmt::format("the default vhost is written %2f; create one: rabbitmqctl add_vhost {}",
                        shell_word(context.vhost)),
            exit_code::no_permission};
    if (contains(text, "limit"))
        return {std::string(without_code_name(text)), "close connections, or raise the limit",
                exit_code::unavailable};
    if (contains(text, "access to vhost"))
        return {fmt::format("user '{}' may not use vhost '{}'", context.user, context.vhost),
                fmt::format("rabbitmqctl set_permissions -p {} {} '.*' '.*' '.*'",
                            shell_word(context.vhost), shell_word(context.user)),
                exit_code::no_permission};
    return {std::string(without_code_name(text)), {}, exit_code::no_permission};
}

advice on_reply_code(reply_code code, std::string_view text, const advice_context& context) {
    switch (code) {
    case reply_code::not_found:
        return on_not_found(text, context);
    case reply_code::precondition_failed:
        return on_precondition(text, context);
    case reply_code::access_refused:
        return on_access_refused(text, context);
    case reply_code::not_allowed:
        return on_not_allowed(text, context);
    case reply_code::resource_locked:
        return {fmt::format("queue '{}' is exclusive to another connection", context.queue),
                "use another queue, or end that connection", exit_code::configuration};
    case reply_code::no_route:
        return {std::string(without_code_name(text)), {}, exit_code::failed_tasks};
    case reply_code::connection_forced:
        return {fmt::format("the broker at {} closed the connection: {}", context.hosts,
                            without_code_name(text)),
                "it is stopping, or an operator asked for it", exit_code::unavailable};
    default:
        return {fmt::format("{}: {}", context.hosts,
                            text.empty() ? std::error_code{code}.message() : std::string(text)),
                {},
                exit_code::unavailable};
    }
}

// TLS: what was found out, with its particulars, and what to do.
advice on_tls_code(errc code, std::string_view text, const advice_context& context) {
    // Found out without TLS, the text does not name the server.
    const bool is_named = !text.empty() && code != errc::tls_required;
    const std::string problem =
        fmt::format("{}: {}", std::error_code{code}.message(), is_named ? text : context.hosts);
    switch (code) {
    case errc::certificate_expired:
        return {problem, "it has to be renewed on the broker; or is the clock wrong here?",
                exit_code::unavailable};
    case errc::certificate_not_yet_valid:
        return {problem, "is the clock right, here and where it was made?", exit_code::unavailable};
    case errc::certificate_untrusted:
        return {problem, "if you know who issued it, give that certificate with --cacert",
                exit_code::unavailable};
    case errc::certificate_wrong_name:
        return {problem, "use a name that it is for in --url; if none fits, it is another server",
                exit_code::unavailable};
    case errc::certificate_revoked:
    case errc::certificate_refused:
        return {problem, "it has to be replaced on the broker", exit_code::unavailable};
    case errc::client_certificate_refused:
        return {problem, "give --cert and --key; the broker has to know who issued it",
                exit_code::no_permission};
    case errc::tls_not_spoken:
        return {problem, "write amqp:// for a port without TLS (usually 5672); with it, 5671",
                exit_code::unavailable};
    case errc::tls_required:
        return {problem, "write amqps:// in --url or $AMQP_URL", exit_code::unavailable};
    case errc::tls_options_refused:
        return {problem, "check --cacert, --cert, --key and $TASKWIRE_KEY_PASSPHRASE",
                exit_code::configuration};
    default:
        return {problem, "check the broker's log", exit_code::unavailable};
    }
}

advice on_our_code(errc code, std::string_view text, const advice_context& context) {
    switch (code) {
    case errc::login_refused:
        return {fmt::format("login refused for user '{}' at {}", context.user, context.hosts),
                "check the password in --url-file or $AMQP_URL; 'guest' works only from localhost",
                exit_code::no_permission};
    case errc::no_common_mechanism:
        return {fmt::format("no login mechanism in common with {}: {}", context.hosts, text),
                {},
                exit_code::no_permission};
    case errc::handshake_timed_out:
        return {fmt::format("{} accepted the connection but does not answer", context.hosts),
                "a port with TLS needs amqps://, one without amqp://; or it is overloaded",
                exit_code::unavailable};
    case errc::tls_options_refused:
    case errc::certificate_expired:
    case errc::certificate_not_yet_valid:
    case errc::certificate_untrusted:
    case errc::certificate_wrong_name:
    case errc::certificate_revoked:
    case errc::certificate_refused:
    case errc::client_certificate_refused:
    case errc::tls_not_spoken:
    case errc::tls_required:
    case errc::tls_failed:
        return on_tls_code(code, text, context);
    case errc::version_mismatch:
    case errc::bad_frame_end:
    case errc::unknown_frame_type:
    case errc::frame_too_large:
        return {fmt::format("what answers at {} does not speak AMQP 0-9-1", context.hosts),
                "the usual port is 5672; 15672 is the management page", exit_code::unavailable};
    case errc::request_timed_out:
        return {fmt::format("the broker at {} did not answer in time", context.hosts),
                "it may be overloaded, or the queue may have lost its leader",
                exit_code::unavailable};
    case errc::heartbeat_missed:
        return {fmt::format("the broker at {} has been silent for two heartbeats", context.hosts),
                "check the network between here and there", exit_code::unavailable};
    case errc::connection_lost:
        return {fmt::format("the connection to {} was lost", context.hosts),
                "check the broker's log", exit_code::unavailable};
    default:
        return {fmt::format("{}: {}", context.hosts,
                            text.empty() ? std::error_code{code}.message() : std::string(text)),
                {},
                exit_code::unavailable};
    }
}

advice on_system_code(std::error_code code, const advice_context& context) {
    if (code == asio::error::connection_refused)
        return {fmt::format("no broker at {}", context.hosts),
                "is it running? set --url or $AMQP_URL", exit_code::unavailable};
    if (code == asio::error::host_not_found || code == asio::error::no_data ||
        code == asio::error::host_not_found_try_again)
        return {fmt::format("no host of the name in {}", context.hosts),
                "check --url or $AMQP_URL, and the name server", exit_code::unavailable};
    if (code == asio::error::timed_out)
        return {fmt::format("no answer from {} in time", context.hosts),
                "check --url and firewalls, or give it longer with --connect-timeout",
                exit_code::unavailable};
    if (code == asio::error::host_unreachable || code == asio::error::network_unreachable)
        return {fmt::format("no way to {}: {}", context.hosts, code.message()),
                "check the network, --url or $AMQP_URL", exit_code::unavailable};
    if (code == asio::error::eof || code == asio::error::connection_reset ||
        code == asio::error::broken_pipe)
        return {fmt::format("the connection to {} was lost", context.hosts),
                "check the broker's log", exit_code::unavailable};
    return {fmt::format("{}: {}", context.hosts, code.message()), {}, exit_code::unavailable};
}

} // namespace

advice_context make_advice_context(std::string tool, const connect_options& to, std::string queue) {
    std::string hosts;
    for (const endpoint& each : to.endpoints)
        hosts += (hosts.empty() ? "" : ", ") + to_string(each);
    return {std::move(tool), std::move(hosts), to.protocol.credentials.user,
            to.protocol.virtual_host, std::move(queue)};
}

advice advise(std::error_code code, std::string_view text, const advice_context& context) {
    if (code.category() == reply_category())
        return on_reply_code(static_cast<reply_code>(code.value()), text, context);
    if (code.category() == taskwire_category())
        return on_our_code(static_cast<errc>(code.value()), text, context);
    return on_system_code(code, context);
}

advice advise(const error& fault, const advice_context& context) {
    const close_reason* reason = fault.reason();
    // "The channel is closed" helps nobody; why it was closed does.
    if (reason != nullptr && reason->code)
        return advise(*reason, context);
    return advise(fault.code(), {}, context);
}

advice advise(const close_reason& why, const advice_context& context) {
    return advise(why.code, why.text, context);
}

std::string shell_word(const std::string& text) {
    const bool plain = !text.empty() &&
                       text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789_-./%+:@") == std::string::npos;
    return plain ? text : "'" + text + "'";
}

std::optional<std::uint64_t> refused_size(std::string_view text) {
    return contains(text, "larger than") ? number_after(text, "message size ") : std::nullopt;
}

std::string describe_blocked(bool blocked, std::string_view reason) {
    if (!blocked)
        return "broker takes messages again";
    return reason.empty() ? "broker paused publishers; waiting"
                          : fmt::format("broker paused publishers: {}; waiting", reason);
}

} // namespace taskwire::tools
