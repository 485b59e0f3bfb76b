#include <taskwire/uri.hpp>

#include <taskwire/detail/percent.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace taskwire {

namespace {

using detail::equal_ignoring_case;
using detail::hex_value;
using detail::is_digit;
using detail::lower;
using detail::percent_decode;

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t short_string_size_max = 255;
constexpr std::uint32_t frame_size_min = 4096;

template <typename Number>
bool parse_number(std::string_view text, Number& out) {
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
        return false;
    }
    return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc{};
}

// Splits at the first `separator`; without one, everything is the head and `found` is false.
struct split_result {
    std::string_view head;
    std::string_view tail;
    bool found = false;
};

split_result split(std::string_view text, char separator) {
    const std::size_t at = text.find(separator);
    if (at == npos) {
        return {text, {}, false};
    }
    return {text.substr(0, at), text.substr(at + 1), true};
}

// The parser. Each part returns what is wrong, or "" if nothing is. The texts name the part but
// never quote it: what looks like a port may be half of a password with an unescaped '/'.
class parser {
  public:
    std::string parse(std::string_view text);
    uri take() { return std::move(out_); }

  private:
    std::string parse_authority(std::string_view text);
    std::string parse_user_info(std::string_view text);
    std::string parse_host(std::string_view text);
    std::string parse_ip_literal(std::string_view text);
    std::string parse_port(std::string_view text);
    std::string parse_path(std::string_view text);
    std::string parse_query(std::string_view text);
    std::string parse_parameter(std::string_view raw_key, std::string_view raw_value);
    bool parse_numbers(std::string_view key, std::string_view value, std::string& error);
    bool parse_strings(std::string_view key, const std::string& value, std::string& error);

    uri out_;
};

std::string parser::parse(std::string_view text) {
    if (std::any_of(text.begin(), text.end(), [](char c) {
            return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) == 0x7f;
        })) {
        return "spaces and control characters must be written as %20 and the like";
    }
    const std::size_t scheme_end = text.find("://");
    const std::string_view scheme = text.substr(0, scheme_end == npos ? 0 : scheme_end);
    out_.tls = equal_ignoring_case(scheme, "amqps");
    if (!out_.tls && !equal_ignoring_case(scheme, "amqp")) {
        return "it must begin with amqp:// or amqps://";
    }
    std::string_view rest = text.substr(scheme_end + 3);
    if (rest.find('#') != npos) {
        return "a '#' must be written %23";
    }
    const split_result query = split(rest, '?');
    rest = query.head;
    const std::size_t path_start = std::min(rest.find('/'), rest.size());
    std::string error = parse_authority(rest.substr(0, path_start));
    if (error.empty()) {
        error = parse_path(rest.substr(path_start));
    }
    return error.empty() ? parse_query(query.tail) : error;
}

std::string parser::parse_authority(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == npos) {
        return parse_host(text);
    }
    if (text.find('@', at + 1) != npos) {
        return "an '@' in the user name or password must be written %40";
    }
    const std::string error = parse_user_info(text.substr(0, at));
    return error.empty() ? parse_host(text.substr(at + 1)) : error;
}

std::string parser::parse_user_info(std::string_view text) {
    const split_result parts = split(text, ':');
    if (!percent_decode(parts.head, out_.user.emplace())) {
        return "bad % escape in the user name";
    }
    if (parts.found && !percent_decode(parts.tail, out_.password.emplace())) {
        return "bad % escape in the password";
    }
    return {};
}

std::string parser::parse_host(std::string_view text) {
    if (text.starts_with('[')) {
        return parse_ip_literal(text);
    }
    if (text.find_first_of("[]") != npos) {
        return "brackets in the host belong around the whole of an IPv6 address";
    }
    const split_result parts = split(text, ':');
    if (parts.tail.find(':') != npos) {
        return "more than one ':' in the host; an IPv6 address needs brackets: [::1]";
    }
    if (!parts.head.empty() && !percent_decode(parts.head, out_.host.emplace())) {
        return "bad % escape in the host";
    }
    return parse_port(parts.tail);
}

std::string parser::parse_ip_literal(std::string_view text) {
    const std::size_t end = text.find(']');
    if (end == npos) {
        return "the IPv6 address lacks its closing bracket";
    }
    const std::string_view inner = text.substr(1, end - 1);
    // A zone (fe80::1%25eth0) follows the address; its '%' is itself written %25.
    const std::string_view address = inner.substr(0, std::min(inner.find('%'), inner.size()));
    const bool plausible = std::count(address.begin(), address.end(), ':') >= 2 &&
                           std::all_of(address.begin(), address.end(), [](char c) {
                               return hex_value(c) >= 0 || c == ':' || c == '.';
                           });
    if (!plausible || !percent_decode(inner, out_.host.emplace())) {
        return "what stands in brackets is not an IPv6 address";
    }
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) {
        return "only a port may follow the bracketed address";
    }
    return rest.empty() ? std::string{} : parse_port(rest.substr(1));
}

std::string parser::parse_port(std::string_view text) {
    if (text.empty()) {
        return {};
    }
    if (!parse_number(text, out_.port.emplace()) || *out_.port == 0) {
        return "the port must be a number from 1 to 65535 (and a '/' in a password is written %2f)";
    }
    return {};
}

std::string parser::parse_path(std::string_view text) {
    if (text.empty()) {
        return {};
    }
    const std::string_view segment = text.substr(1);
    if (segment.find('/') != npos) {
        return "the vhost is one segment; a '/' in it must be written %2f";
    }
    if (!percent_decode(segment, out_.vhost.emplace())) {
        return "bad % escape in the vhost";
    }
    if (out_.vhost->size() > short_string_size_max) {
        return "the vhost is longer than 255 bytes";
    }
    return {};
}

std::string parser::parse_query(std::string_view text) {
    while (!text.empty()) {
        const split_result piece = split(text, '&');
        text = piece.tail;
        const split_result parameter = split(piece.head, '=');
        if (parameter.head.empty()) {
            continue;
        }
        if (std::string error = parse_parameter(parameter.head, parameter.tail); !error.empty()) {
            return error;
        }
    }
    return {};
}

std::string parser::parse_parameter(std::string_view raw_key, std::string_view raw_value) {
    std::string key;
    std::string value;
    if (!percent_decode(raw_key, key) || !percent_decode(raw_value, value)) {
        return "bad % escape in the query";
    }
    std::string error;
    if (parse_numbers(key, value, error) || parse_strings(key, value, error)) {
        return error;
    }
    if (raw_key.find('@') != npos) {
        // More likely the rest of a password with a '?', which a warning would then print.
        return "a '?' in the user name or password must be written %3f";
    }
    out_.query.unknown_keys.emplace_back(raw_key);
    return {};
}

// Returns whether `key` is one of its own; likewise below.
bool parser::parse_numbers(std::string_view key, std::string_view value, std::string& error) {
    const auto store = [&]<typename Number>(std::optional<Number>& into) {
        if (into.has_value()) {
            error = std::string(key) + " is given twice";
        } else if (!parse_number(value, into.emplace())) {
            error = std::string(key) + " must be a whole number from 0 to " +
                    std::to_string(std::numeric_limits<Number>::max());
        }
    };
    if (key == "heartbeat") {
        store(out_.query.heartbeat_s);
    } else if (key == "connection_timeout") {
        store(out_.query.connection_timeout_ms);
    } else if (key == "channel_max") {
        store(out_.query.channel_max);
    } else if (key == "frame_max") {
        store(out_.query.frame_max);
        const std::uint32_t size = out_.query.frame_max.value_or(0);
        if (error.empty() && size != 0 && size < frame_size_min) {
            error = "frame_max must be 0 (no limit) or at least 4096";
        }
    } else {
        return false;
    }
    return true;
}

bool parser::parse_strings(std::string_view key, const std::string& value, std::string& error) {
    if (key == "auth_mechanism") {
        if (value.empty()) {
            error = "auth_mechanism is empty";
        }
        out_.query.auth_mechanisms.push_back(value);
        return true;
    }
    if (key == "verify") {
        if (out_.query.verify_peer.has_value()) {
            error = "verify is given twice";
        } else if (value != "verify_peer" && value != "verify_none") {
            error = "verify must be verify_peer or verify_none";
        }
        out_.query.verify_peer = value == "verify_peer";
        return true;
    }
    const std::pair<std::string_view, std::optional<std::string>*> places[] = {
        {"cacertfile", &out_.query.cacertfile},
        {"certfile", &out_.query.certfile},
        {"keyfile", &out_.query.keyfile},
        {"password", &out_.query.key_password},
        {"server_name_indication", &out_.query.server_name_indication},
    };
    for (const auto& [name, place] : places) {
        if (key != name) {
            continue;
        }
        if (place->has_value()) {
            error = std::string(name) + " is given twice";
        } else if (value.empty() && name != "password") {
            error = std::string(name) + " is empty";
        }
        *place = value;
        return true;
    }
    return false;
}

// Where the part after "scheme://" begins; 0 if the text does not begin like a URI.
std::size_t authority_start(std::string_view text) {
    const std::size_t end = text.find("://");
    const bool is_scheme = end != npos && std::all_of(text.begin(), text.begin() + end, [](char c) {
                               return hex_value(c) >= 0 || (lower(c) >= 'a' && lower(c) <= 'z') ||
                                      c == '+' || c == '-' || c == '.';
                           });
    return is_scheme ? end + 3 : 0;
}

std::string without_user_password(std::string_view text) {
    const std::size_t start = authority_start(text);
    const std::size_t at = text.rfind('@');
    std::size_t colon = text.find(':', start);
    if (at != npos && at >= start) {
        if (colon == npos || colon > at) {
            return std::string(text);
        }
        return std::string(text.substr(0, colon + 1)) + "***" + std::string(text.substr(at));
    }
    // No '@': it may have been forgotten, so what follows the ':' is shown only if it is a port.
    if (const std::size_t bracket = text.find(']', start);
        text.substr(start).starts_with('[') && bracket != npos) {
        colon = text.find(':', bracket);
    }
    if (colon == npos) {
        return std::string(text);
    }
    const std::size_t end = std::min(text.find_first_of("/?", colon), text.size());
    const std::string_view port = text.substr(colon + 1, end - colon - 1);
    if (port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit)) {
        return std::string(text);
    }
    return std::string(text.substr(0, colon + 1)) + "***";
}

std::string without_key_password(std::string_view text) {
    const std::size_t query = text.find('?');
    if (query == npos) {
        return std::string(text);
    }
    std::string shown(text.substr(0, query + 1));
    std::string_view rest = text.substr(query + 1);
    while (true) {
        const split_result piece = split(rest, '&');
        const split_result parameter = split(piece.head, '=');
        std::string key;
        const bool readable = percent_decode(parameter.head, key);
        shown += parameter.head;
        if (parameter.found) {
            shown += '=';
            shown += !readable || key.ends_with("password") ? "***" : parameter.tail;
        }
        if (!piece.found) {
            return shown;
        }
        shown += '&';
        rest = piece.tail;
    }
}

} // namespace

uri_error parse_uri(std::string_view text, uri& out) {
    parser parsing;
    const std::string problem = parsing.parse(text);
    if (problem.empty()) {
        out = parsing.take();
        return {};
    }
    return {"bad URL '" + redacted(text) + "': " + problem};
}

endpoint_options apply_defaults(const uri& parsed) {
    endpoint_options options;
    options.tls = parsed.tls;
    options.user = parsed.user.value_or(options.user);
    options.password = parsed.password.value_or(options.password);
    options.host = parsed.host.value_or(options.host);
    options.port = parsed.port.value_or(parsed.tls ? 5671 : 5672);
    options.vhost = parsed.vhost.value_or("").empty() ? "/" : *parsed.vhost;
    options.query = parsed.query;
    for (std::string& mechanism : options.query.auth_mechanisms) {
        std::transform(mechanism.begin(), mechanism.end(), mechanism.begin(), detail::upper);
    }
    return options;
}

std::string redacted(std::string_view text) {
    std::string shown = without_user_password(without_key_password(text));
    // Control characters would let a URL from a file write to the reader's terminal.
    std::replace_if(
        shown.begin(), shown.end(),
        [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, '?');
    return shown;
}

} // namespace taskwire
