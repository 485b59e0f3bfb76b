#include "canonical.hpp"
#include "rabbitmq_judge.hpp"
#include "random_values.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include <taskwire/uri.hpp>

using namespace taskwire;
using namespace taskwire::test;

namespace {

/// A URI cut at its separators and no further, for naming what is special about it.
struct pieces {
    explicit pieces(std::string_view text) : whole(text) {
        const auto scheme_end = std::min(text.find(':'), text.size());
        tls = scheme_end == 5;
        const auto rest = text.substr(std::min(scheme_end + 1, text.size()));
        auto behind = rest.starts_with("//") ? rest.substr(2) : rest;
        const auto authority_end = std::min(behind.find_first_of("/?#"), behind.size());
        authority = behind.substr(0, authority_end);
        behind = behind.substr(authority_end);
        const auto query_start = std::min(behind.find('?'), behind.size());
        path = behind.substr(0, query_start);
        query = behind.substr(query_start);
        const auto at = authority.find('@');
        user_info = authority.substr(0, at == std::string_view::npos ? 0 : at);
        has_user_info = at != std::string_view::npos;
        host_port = has_user_info ? authority.substr(at + 1) : authority;
    }

    std::string_view whole, authority, user_info, host_port, path, query;
    bool tls = false;
    bool has_user_info = false;
};

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

bool has_any(std::string_view text, std::string_view characters) {
    return text.find_first_of(characters) != std::string_view::npos;
}

/// True when a parameter is none of those that random_uri makes and both must take.
bool has_odd_parameter(std::string_view query) {
    static constexpr std::string_view plain[] = {"",
                                                 "heartbeat=5",
                                                 "heartbeat=0",
                                                 "channel_max=7",
                                                 "frame_max=8192",
                                                 "frame_max=131072",
                                                 "x=y",
                                                 "colour=blue",
                                                 "connection_timeout=9",
                                                 "auth_mechanism=plain",
                                                 "auth_mechanism=external"};
    query.remove_prefix(std::min<std::size_t>(query.size(), 1));
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        if (std::ranges::find(plain, query.substr(0, end)) == std::end(plain))
            return true;
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return false;
}

enum class kind { we_refuse, they_refuse, values };

/// A difference between our parser and RabbitMQ's that we want. `example` shows it.
struct difference {
    const char* why;
    kind what;
    const char* example;
    bool (*is_one)(const pieces&);
};

constexpr difference differences[] = {
    {"RabbitMQ takes a port only with a host; its URI specification does not", kind::they_refuse,
     "amqp://:10000", [](const pieces& uri) { return uri.host_port.starts_with(':'); }},
    {"RabbitMQ takes amqps only with a host", kind::they_refuse, "amqps://u@/v",
     [](const pieces& uri) { return uri.tls && uri.host_port.empty(); }},
    {"an empty port is none, says RFC 3986", kind::they_refuse, "amqp://host:/",
     [](const pieces& uri) { return uri.host_port.ends_with(':'); }},
    {"a port is digits", kind::we_refuse, "amqp://host:+80",
     [](const pieces& uri) { return has(uri.host_port, ":+"); }},
    {"an escape is two hexadecimal digits", kind::we_refuse, "amqp://h/%+1",
     [](const pieces& uri) { return has(uri.whole, "%+") || has(uri.whole, "%-"); }},
    {"no name holds a NUL", kind::we_refuse, "amqp://h%00/",
     [](const pieces& uri) { return has(uri.whole, "%00"); }},
    {"an unescaped '@' is more likely a password's than a host's", kind::we_refuse, "amqp://a@b@h",
     [](const pieces& uri) { return has(uri.host_port, "@"); }},
    {"a password may hold ':'; RabbitMQ drops the rest of it", kind::values, "amqp://u:a:b@h",
     [](const pieces& uri) { return std::ranges::count(uri.user_info, ':') > 1; }},
    {"bad escapes in what RabbitMQ drops of a password", kind::we_refuse, "amqp://u:a:%@h",
     [](const pieces& uri) { return std::ranges::count(uri.user_info, ':') > 1; }},
    {"RabbitMQ takes an empty name for none", kind::values, "amqp://@h",
     [](const pieces& uri) { return uri.has_user_info && uri.user_info.empty(); }},
    {"a fragment is more likely a password's end", kind::we_refuse, "amqp://h/v#x",
     [](const pieces& uri) { return has(uri.whole, "#"); }},
    {"brackets hold an IPv6 address and nothing else", kind::we_refuse, "amqp://[host]",
     [](const pieces& uri) { return has_any(uri.host_port, "[]"); }},
    {"spaces are escaped", kind::we_refuse, "amqp://h /",
     [](const pieces& uri) { return has(uri.whole, " "); }},
    {"a vhost is a short string", kind::we_refuse,
     "amqp://h/"
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567",
     [](const pieces& uri) { return uri.path.size() > 256; }},
    {"we refuse a query that RabbitMQ ignores, truncates or takes later", kind::we_refuse,
     "amqp://h?heartbeat=70000", [](const pieces& uri) { return has_odd_parameter(uri.query); }},
    {"RabbitMQ refuses to have its other parameters in a query; we warn", kind::they_refuse,
     "amqp://h?username=x", [](const pieces& uri) { return has(uri.query, "username"); }},
    {"RabbitMQ takes a key's password for the user's too", kind::values, "amqp://h?password=x",
     [](const pieces& uri) { return has(uri.query, "password="); }},
    {"we decode escapes in a query's keys and numbers", kind::values, "amqp://h?%68eartbeat=7",
     [](const pieces& uri) { return has(uri.query, "%"); }},
    {"likewise", kind::they_refuse, "amqp://h?heartbeat=%31",
     [](const pieces& uri) { return has(uri.query, "%"); }},
};

/// In the form of the judge. What is absent is shown as its default, as RabbitMQ does at once.
std::string ours(const std::string& text) {
    uri parsed;
    if (parse_uri(text, parsed))
        return "refused";
    const auto number = [](const auto& value, const char* absent) {
        return value ? std::to_string(*value) : std::string{absent};
    };
    auto shown = "user=" + canonical(parsed.user.value_or("guest")) +
                 " password=" + canonical(parsed.password.value_or("guest")) +
                 " vhost=" + canonical(parsed.vhost.value_or("/"));
    if (!parsed.host && !parsed.port && !parsed.tls)
        return shown; // to RabbitMQ: the broker inside the same process
    return shown + " host=" + canonical(parsed.host.value_or("localhost")) +
           " port=" + number(parsed.port, "-") + " tls=" + (parsed.tls ? "1" : "0") +
           " heartbeat=" + number(parsed.query.heartbeat_s, "10") +
           " channel_max=" + number(parsed.query.channel_max, "2047") +
           " frame_max=" + number(parsed.query.frame_max, "0");
}

std::string without_reason(const std::string& text) {
    return text.starts_with("refused") ? "refused" : text;
}

bool is_allowed(const std::string& text, const std::string& theirs, const std::string& shown) {
    const auto what = shown == "refused"    ? kind::we_refuse
                      : theirs == "refused" ? kind::they_refuse
                                            : kind::values;
    return std::ranges::any_of(differences, [&](const difference& each) {
        return each.what == what && each.is_one(pieces{text});
    });
}

template <std::size_t Size>
std::string one_of(random_values& random, const char* const (&choices)[Size]) {
    return choices[random.below(Size)];
}

std::string random_uri(random_values& random) {
    static constexpr const char* schemes[] = {"amqp://",  "amqp://",  "amqp://", "AMQP://",
                                              "amqps://", "aMqPs://", "http://"};
    static constexpr const char* users[] = {
        "",       "",         "",           "user@",  "user:pass@",     ":@",
        "u%61:@", "%41:%62@", "u:p%23%2f@", "u:a:b@", "\xc3\xa4:\xff@", "u%4@"};
    static constexpr const char* hosts[] = {
        "host",    "host", "",         "a.b.c", "10.0.0.1", "[::1]", "[fe80::1%25eth0]",
        "ho%61st", "h%zz", "foo[::1]", "[::1]x"};
    static constexpr const char* ports[] = {
        "", "", "", ":5672", ":1", ":65535", ":0", ":65536", ":007", "", ":99999999999999999999"};
    static constexpr const char* paths[] = {"",          "/",    "/",      "/vhost",
                                            "/v%2fhost", "/%2f", "/a%20b", "/a/b",
                                            "//",        "/%1",  "/%xy",   "/%c3%A4"};
    static constexpr const char* queries[] = {"",
                                              "",
                                              "",
                                              "?",
                                              "?&",
                                              "?heartbeat=5",
                                              "?heartbeat=0&channel_max=7",
                                              "?frame_max=8192",
                                              "?x=y",
                                              "?heartbeat=x",
                                              "?channel_max=1.5",
                                              "?colour=blue&frame_max=131072",
                                              "?heartbeat=70000",
                                              "?auth_mechanism=plain&auth_mechanism=external",
                                              "?connection_timeout=9"};
    auto text = one_of(random, schemes) + one_of(random, users) + one_of(random, hosts) +
                one_of(random, ports) + one_of(random, paths) + one_of(random, queries);
    if (random.below(3) == 0) {
        constexpr std::string_view characters = "%:@/?#[]&=+-. azAZ059";
        text[random.below(text.size())] = characters[random.below(characters.size())];
    }
    return text;
}

} // namespace

TEST_SUITE_BEGIN("uri");

TEST_CASE("each difference from RabbitMQ's URI parser is there, and is of the kind we say") {
    for (const auto& each : differences) {
        CAPTURE(std::string{each.why});
        CAPTURE(std::string{each.example});
        CHECK(each.is_one(pieces{each.example}));
        const auto theirs = without_reason(shared_rabbitmq_judge().ask('U', each.example).text);
        const auto shown = ours(each.example);
        CAPTURE(theirs);
        CAPTURE(shown);
        CHECK((theirs == "refused") == (each.what == kind::they_refuse));
        CHECK((shown == "refused") == (each.what == kind::we_refuse));
        if (each.what == kind::values)
            CHECK(theirs != shown);
    }
}

TEST_CASE("RabbitMQ's URI parser and ours agree on all else") {
    std::vector<std::string> texts;
    for (std::size_t index = 0; index < (is_long_run() ? 20'000U : 3'000U); ++index) {
        random_values random{run_seed(), index};
        texts.push_back(random_uri(random));
    }
    const auto verdicts = shared_rabbitmq_judge().ask('U', texts);
    std::size_t taken_by_both = 0;
    for (std::size_t index = 0; index < texts.size(); ++index) {
        const auto theirs = without_reason(verdicts[index].text);
        const auto shown = ours(texts[index]);
        taken_by_both += theirs == shown && shown != "refused" ? 1 : 0;
        if (theirs == shown || is_allowed(texts[index], theirs, shown))
            continue;
        CAPTURE(run_seed());
        CAPTURE(texts[index]);
        CAPTURE(verdicts[index].text);
        CHECK(theirs == shown);
    }
    CHECK(taken_by_both > texts.size() / 10); // else nothing was compared
}

TEST_SUITE_END();
