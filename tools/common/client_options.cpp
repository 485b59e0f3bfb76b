#include <common/client_options.hpp>

#include <common/duration.hpp>

#include <taskwire/uri.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>

namespace taskwire::tools {

namespace {

constexpr std::chrono::seconds heartbeat_default{30};
constexpr const char* url_default = "amqp://guest:guest@localhost:5672/";

template <class Enum>
std::function<std::string(const std::string&)>
one_of(std::vector<std::pair<std::string, Enum>> choices, Enum& out) {
    return [choices = std::move(choices), &out](const std::string& text) {
        std::string all;
        for (const auto& [name, value] : choices) {
            if (text == name) {
                out = value;
                return std::string{};
            }
            all += (all.empty() ? "" : ", ") + name;
        }
        return fmt::format("'{}' is none of {}", text, all);
    };
}

std::string parse_heartbeat(const std::string& text, std::optional<std::chrono::seconds>& out) {
    std::chrono::milliseconds value{};
    if (std::string fault = parse_duration(text, value); !fault.empty())
        return fault;
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(value);
    if (whole != value || whole.count() > 0xffff)
        return "whole seconds are needed, at most 65535s";
    out = whole;
    return {};
}

// The first line of a file of which nothing must ever be shown.
std::string read_url_file(const std::string& path) {
    std::ifstream in(path);
    std::string line;
    if (!in)
        throw usage_error(fmt::format("--url-file: cannot read {}", path), exit_code::no_input);
    if (!std::getline(in, line) || line.empty() || line == "\r")
        throw usage_error(fmt::format("--url-file: the first line of {} is empty", path));
    if (line.back() == '\r')
        line.pop_back();
    return line;
}

std::string joined(const std::vector<std::string>& urls) {
    std::string result;
    for (const std::string& each : urls)
        result += (result.empty() ? "" : ",") + each;
    return result;
}

std::string choose_url(const client_options& options) {
    if (!options.urls.empty())
        return joined(options.urls);
    if (!options.url_file.empty())
        return read_url_file(options.url_file);
    const char* from_environment = std::getenv("AMQP_URL");
    return from_environment != nullptr && *from_environment != '\0' ? from_environment
                                                                    : url_default;
}

void check_urls(std::string_view urls) {
    while (true) {
        const std::size_t comma = std::min(urls.find(','), urls.size());
        uri parsed;
        if (const uri_error fault = parse_uri(urls.substr(0, comma), parsed))
            throw usage_error(fault.message);
        if (comma == urls.size())
            return;
        urls.remove_prefix(comma + 1);
    }
}

// Before anything is done: a file that cannot be read is no reason to try again.
void check_readable(const char* option, const std::string& path) {
    if (!path.empty() && ::access(path.c_str(), R_OK) != 0)
        throw usage_error(fmt::format("{}: cannot read {}: {}", option, path,
                                      std::error_code(errno, std::generic_category()).message()),
                          exit_code::no_input);
}

// What is asked of TLS must not silently mean nothing because the URL says amqp://.
void check_tls_is_used(const client_options& options, const connect_options& to) {
    if (std::any_of(to.endpoints.begin(), to.endpoints.end(),
                    [](const endpoint& each) { return each.tls; }))
        return;
    const char* given = !options.cacert.empty() ? "--cacert"
                        : !options.cert.empty() ? "--cert"
                        : !options.key.empty()  ? "--key"
                        : options.insecure      ? "--insecure"
                                                : nullptr;
    if (given != nullptr)
        throw usage_error(fmt::format("{} is of use with an amqps:// URL only", given));
}

void apply_tls(const client_options& options, connect_options& to) {
    check_tls_is_used(options, to);
    if (!options.cacert.empty())
        to.tls.ca_file = options.cacert;
    if (!options.cert.empty())
        to.tls.certificate_file = options.cert;
    if (!options.key.empty())
        to.tls.key_file = options.key;
    if (const char* passphrase = std::getenv("TASKWIRE_KEY_PASSPHRASE"))
        to.tls.key_passphrase = passphrase;
    if (options.insecure)
        to.tls.insecure_no_verification = true;
    check_readable("--cacert", to.tls.ca_file);
    check_readable("--cert", to.tls.certificate_file);
    check_readable("--key", to.tls.key_file);
}

} // namespace

void add_connection_options(CLI::App& app, client_options& options) {
    add_repeatable(app, "-u,--url", "URL", options.urls,
                   "the broker; several (repeated, or with commas) are tried in turn "
                   "($AMQP_URL, else amqp://guest:guest@localhost:5672/)")
        ->group("Connection");
    app.add_option("--url-file", options.url_file, "a file whose first line is the URL")
        ->type_name("FILE")
        ->group("Connection");
    app.add_option("--cacert", options.cacert,
                   "whom amqps:// trusts (PEM), instead of the system's authorities")
        ->type_name("FILE")
        ->group("Connection");
    app.add_option("--cert", options.cert, "a certificate that shows the broker who we are (PEM)")
        ->type_name("FILE")
        ->group("Connection");
    app.add_option("--key", options.key,
                   "its key, if not in the same file; the passphrase comes from "
                   "$TASKWIRE_KEY_PASSPHRASE or the URL's `password`")
        ->type_name("FILE")
        ->group("Connection");
    app.add_flag("--insecure", options.insecure,
                 "take whoever answers for the broker, whatever the certificate")
        ->group("Connection");
    add_parsed(
        app, "--heartbeat", "TIME",
        [&options](const std::string& text) { return parse_heartbeat(text, options.heartbeat); },
        "how often the two sides show that they live (30s; 0 = as the broker wants)")
        ->group("Connection");
    add_parsed(
        app, "--connect-timeout", "TIME",
        [&options](const std::string& text) {
            return parse_duration(text, options.connect_timeout.emplace());
        },
        "for reaching one host (10s)")
        ->group("Connection");
}

void add_client_options(CLI::App& app, client_options& options, const char* reconnect_default) {
    add_connection_options(app, options);
    add_parsed(
        app, "--reconnect", "TIME",
        [&options](const std::string& text) {
            return parse_reconnect(text, options.reconnect.emplace());
        },
        fmt::format("how long to go on without a connection: forever, no, or a time ({})",
                    reconnect_default))
        ->group("Connection");
    app.add_flag("--create", options.create, "create the queue if there is none")->group("Queue");
    app.add_flag("--must-exist", options.must_exist, "stop if there is no such queue")
        ->group("Queue");
    add_queue_type_option(app, options);
    add_output_options(app, options, "-q,--quiet");
}

void add_queue_type_option(CLI::App& app, client_options& options) {
    add_parsed(
        app, "--queue-type", "TYPE",
        one_of<queue_type>({{"quorum", queue_type::quorum}, {"classic", queue_type::classic}},
                           options.type),
        "of a queue that is created here: quorum (default) or classic")
        ->group("Queue");
}

void add_output_options(CLI::App& app, client_options& options, const char* quiet_names) {
    app.add_flag(quiet_names, options.quiet, "say nothing but errors")->group("Output");
    app.add_flag("-v,--verbose", options.verbose, "say more; -vv still more")->group("Output");
    add_parsed(
        app, "--color", "WHEN",
        [&options](const std::string& text) { return parse_color_choice(text, options.color); },
        "auto (default), always or never")
        ->group("Output");
    add_parsed(app, "--progress", "HOW",
               one_of<progress_choice>({{"auto", progress_choice::automatic},
                                        {"bar", progress_choice::bar},
                                        {"plain", progress_choice::plain},
                                        {"none", progress_choice::none}},
                                       options.progress),
               "auto (default: a bar on a terminal), bar, plain (a line now and then) or none")
        ->group("Output");
    app.add_option("--config", options.config,
                   "a file of `option = value` lines; every option can also stand in "
                   "$TASKWIRE_<OPTION>")
        ->type_name("FILE")
        ->group("Other");
    app.set_help_flag("-h,--help", "this text")->group("Other");
    app.set_version_flag("--version", "taskwire " TASKWIRE_VERSION, "the version")->group("Other");
}

const alternatives& client_alternatives() {
    static const alternatives result{
        {"url-file", "url"}, {"create", "must-exist"}, {"quiet", "verbose"}};
    return result;
}

void check(const client_options& options) {
    if (!options.urls.empty() && !options.url_file.empty())
        throw usage_error("give either --url or --url-file");
    if (options.create && options.must_exist)
        throw usage_error("--create and --must-exist exclude each other");
    if (options.quiet > 0 && options.verbose > 0)
        throw usage_error("--quiet and --verbose exclude each other");
}

std::string parse_reconnect(const std::string& text, reconnect_choice& out) {
    if (text == "forever") {
        out.at_most.reset();
        return {};
    }
    std::chrono::milliseconds time{0};
    if (text != "no" && !parse_duration(text, time).empty())
        return fmt::format("'{}' is not forever, no, or a time such as 60s", text);
    out.at_most = time;
    return {};
}

connect_options resolve(const client_options& options, const std::string& connection_name) {
    const std::string urls = choose_url(options);
    check_urls(urls);
    connect_options result = connect_options::from_uri(urls);
    // The library's own default cannot be told from what a URL says, so the URL is asked again.
    uri first;
    parse_uri(std::string_view{urls}.substr(0, urls.find(',')), first);
    if (options.heartbeat)
        result.protocol.heartbeat = *options.heartbeat;
    else if (!first.query.heartbeat_s)
        result.protocol.heartbeat = heartbeat_default;
    if (options.connect_timeout)
        result.connect_timeout = *options.connect_timeout;
    result.protocol.connection_name = connection_name;
    apply_tls(options, result);
    return result;
}

std::vector<std::string> warnings_of(const connect_options& to) {
    std::vector<std::string> result;
    result.reserve(to.unknown_parameters.size() + 1);
    for (const std::string& key : to.unknown_parameters)
        result.push_back(fmt::format("the URL's parameter '{}' is not known and ignored", key));
    if (to.tls.insecure_no_verification)
        result.emplace_back("the broker's certificate is not verified: anybody on the way can "
                            "read and change everything");
    return result;
}

} // namespace taskwire::tools
