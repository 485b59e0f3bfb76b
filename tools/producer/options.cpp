#include <producer/options.hpp>

#include <common/duration.hpp>
#include <common/help.hpp>
#include <common/size.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace taskwire::tools {

namespace {

constexpr std::uint64_t body_size_max_default = std::uint64_t{128} << 20U;
constexpr std::size_t short_string_size_max = 255; // bytes; AMQP's limit for names and properties

constexpr const char* usage_text =
    R"(usage: taskwire-producer [OPTIONS] QUEUE BODY...           each BODY is one task
       taskwire-producer [OPTIONS] QUEUE < FILE            each line is one task
       taskwire-producer [OPTIONS] QUEUE -f FILE...        each file is one task
       taskwire-producer [OPTIONS] -e EXCHANGE -r KEY ...  through an exchange instead of QUEUE
)";

constexpr const char* introduction =
    R"(
Publishes tasks to RabbitMQ and waits until the broker has confirmed each of them.

examples:
  taskwire-producer mails '{"to": "ann@example.org"}'     one task
  seq 1000 | taskwire-producer --create numbers           one task a line; create the queue
  find . -name '*.jpg' -print0 | taskwire-producer -0 images
  taskwire-producer images -f *.jpg                       the files' contents
  taskwire-producer -e events -r user.created '{"id": 7}' through an exchange
  taskwire-producer --rejects left.txt mails < all.txt    keep what was not confirmed
)";

constexpr const char* ending = R"(
TIME is like 250ms, 10s, 5m, 1h; SIZE like 100, 64K, 16M. `--` ends the options.

exit status:
  0 all confirmed                     69 no broker
  1 some returned, nacked, refused    75 some unknown, or interrupted: run it again
 64 wrong usage                       77 login or permission refused
 66 no such file                      78 no such queue or exchange
)";

// What CLI11 fills and check() turns into producer_options.
struct raw_options {
    bool lines = false;
    bool null = false;
    bool whole = false;
    std::string delimiter;
    std::vector<std::string> headers;
    std::vector<std::string> files;
    std::string exchange;
    bool stop_on_error = false;
    std::uint64_t errors_max = 0;
    unsigned priority = 0;
};

template <class Choice>
std::string choose(const std::string& text,
                   std::initializer_list<std::pair<const char*, Choice>> choices, Choice& out) {
    std::string all;
    for (const auto& [name, value] : choices) {
        if (text == name) {
            out = value;
            return {};
        }
        all += fmt::format("{}{}", all.empty() ? "" : ", ", name);
    }
    return fmt::format("'{}' is none of {}", text, all);
}

void add_input_options(CLI::App& app, raw_options& raw, producer_options& out) {
    app.add_flag("-l,--lines", raw.lines, "each line of stdin is one task (default)");
    app.add_flag("-0,--null", raw.null, "stdin holds tasks that end in NUL");
    app.add_option("-d,--delimiter", raw.delimiter, "stdin holds tasks that end in STRING")
        ->type_name("STRING");
    app.add_flag("-w,--whole", raw.whole, "all of stdin is one task");
    add_repeatable(app, "-f,--file", "FILE...", raw.files,
                   "each file is one task; its name goes into the header `filename`");
    app.add_flag("--keep-empty", out.records.keep_empty, "an empty line is a task, too");
    add_parsed(
        app, "--max-size", "SIZE",
        [&out](const std::string& text) { return parse_size(text, out.records.size_max); },
        "refuse tasks that are larger (128M)");
    for (CLI::Option* option : app.get_options())
        if (option->get_group() == "Options")
            option->group("Tasks");
}

void add_message_options(CLI::App& app, raw_options& raw, producer_options& out) {
    app.add_option("-e,--exchange", raw.exchange, "publish through an exchange; there is no QUEUE");
    app.add_option("-r,--routing-key", out.routing_key, "the key for it")->type_name("KEY");
    app.get_option("--exchange")->type_name("EXCHANGE");
    add_repeatable(app, "-H,--header", "K=V", raw.headers, "a header; repeat it for more");
    auto& properties = out.properties;
    app.add_option("--type", properties.type, "what kind of task it is");
    app.add_option("--content-type", properties.content_type, "such as application/json");
    app.add_option("--correlation-id", properties.correlation_id, "for whom replies");
    app.add_option("--reply-to", properties.reply_to, "where replies go");
    app.add_option("--app-id", properties.app_id, "who sends it");
    app.add_option("--priority", raw.priority, "0 to 255; of use in queues with x-max-priority")
        ->type_name("N");
    add_parsed(
        app, "--ttl", "TIME",
        [&properties](const std::string& text) {
            return parse_duration(text, properties.ttl.emplace());
        },
        "the broker drops or dead-letters it when it has waited so long");
    add_parsed(
        app, "--id", "HOW",
        [&out](const std::string& text) {
            return choose(text,
                          {{"uuid", id_choice::uuid},
                           {"sha256", id_choice::sha256},
                           {"line", id_choice::line}},
                          out.id);
        },
        "message id: uuid (default), sha256 of the body (the same on every run), or line number");
    app.add_flag("--transient", properties.transient,
                 "not to be stored on disk: lost when the broker restarts");
    for (CLI::Option* option : app.get_options())
        if (option->get_group() == "Options")
            option->group("Messages");
}

void add_delivery_options(CLI::App& app, raw_options& raw, producer_options& out) {
    add_parsed(
        app, "-W,--window", "N[,SIZE]",
        [&out](const std::string& text) {
            return parse_window(text, out.window_count, out.window_bytes);
        },
        "how many tasks, and bytes of them, may be unconfirmed (1000,16M)");
    add_parsed(
        app, "--confirm-timeout", "TIME",
        [&out](const std::string& text) {
            return parse_positive_duration(text, out.confirm_timeout);
        },
        "a task not confirmed within that time is unknown (30s)");
    app.add_flag("--stop-on-error", raw.stop_on_error, "stop at the first task that is refused");
    app.add_option("--max-errors", raw.errors_max, "stop when so many are refused")->type_name("N");
    app.add_option("--rejects", out.rejects,
                   "write the tasks that were not confirmed to FILE, to be fed again")
        ->type_name("FILE");
    add_parsed(
        app, "--print", "WHAT",
        [&out](const std::string& text) {
            return choose(text, {{"id", print_choice::id}, {"json", print_choice::json}},
                          out.print);
        },
        "a line on stdout for each confirmed task, in input order: id or json");
    for (CLI::Option* option : app.get_options())
        if (option->get_group() == "Options")
            option->group("Delivery");
}

void check_short(const std::string& value, const char* what) {
    if (value.size() > short_string_size_max)
        throw usage_error(fmt::format("{} is longer than {} bytes", what, short_string_size_max));
}

void check_framing(const CLI::App& app, const raw_options& raw, producer_options& out) {
    const bool delimited = is_given(app, "delimiter");
    if (int{raw.lines} + int{raw.null} + int{raw.whole} + int{delimited} > 1)
        throw usage_error("only one of --lines, --null, --delimiter and --whole makes sense");
    if (delimited && raw.delimiter.empty())
        throw usage_error("--delimiter must not be empty");
    if (raw.null)
        out.records.cut = framing::null;
    if (raw.whole)
        out.records.cut = framing::whole;
    if (delimited) {
        out.records.cut = framing::delimiter;
        out.records.delimiter = raw.delimiter;
    }
}

void check_properties(const CLI::App& app, const raw_options& raw, producer_options& out) {
    auto& properties = out.properties;
    for (const std::string& each : raw.headers) {
        const std::size_t equals = each.find('=');
        if (equals == std::string::npos || equals == 0)
            throw usage_error(fmt::format("--header: '{}' is not of the form NAME=VALUE", each));
        properties.headers.emplace_back(each.substr(0, equals), each.substr(equals + 1));
        check_short(properties.headers.back().first, "--header: the name");
    }
    check_short(properties.type, "--type");
    check_short(properties.content_type, "--content-type");
    check_short(properties.correlation_id, "--correlation-id");
    check_short(properties.reply_to, "--reply-to");
    check_short(properties.app_id, "--app-id");
    check_short(out.routing_key, "--routing-key");
    if (!is_given(app, "priority"))
        return;
    if (raw.priority > 255)
        throw usage_error("--priority: 0 to 255");
    properties.priority = static_cast<std::uint8_t>(raw.priority);
}

void check_target(const CLI::App& app, const raw_options& raw, std::vector<std::string> operands,
                  producer_options& out) {
    if (is_given(app, "exchange")) {
        out.exchange = raw.exchange;
        check_short(raw.exchange, "--exchange");
        if (out.client.create)
            throw usage_error("--create makes a QUEUE; with --exchange there is none");
    } else {
        if (is_given(app, "routing-key"))
            throw usage_error("--routing-key needs --exchange");
        if (operands.empty())
            throw usage_error("QUEUE is missing; see --help");
        if (operands.front().empty())
            throw usage_error("QUEUE must not be empty");
        out.queue = operands.front();
        check_short(out.queue, "QUEUE");
        if (out.client.create)
            check_short(out.queue + ".failed", "QUEUE.failed");
        operands.erase(operands.begin());
    }
    if (!raw.files.empty()) {
        out.input = input_kind::files;
        out.files = raw.files;
        out.files.insert(out.files.end(), operands.begin(), operands.end());
    } else if (!operands.empty()) {
        out.input = input_kind::bodies;
        out.bodies = std::move(operands);
    }
}

void check_delivery(const CLI::App& app, const raw_options& raw, producer_options& out) {
    if (is_given(app, "max-errors"))
        out.errors_max = raw.errors_max;
    if (raw.stop_on_error && out.errors_max)
        throw usage_error("give either --stop-on-error or --max-errors");
    if (raw.stop_on_error)
        out.errors_max = 1;
    if (out.errors_max && *out.errors_max == 0)
        throw usage_error("--max-errors must be at least 1");
}

} // namespace

std::optional<std::string> parse_producer_options(const std::vector<std::string>& arguments,
                                                  producer_options& out) {
    CLI::App app("", "taskwire-producer");
    app.allow_extras();
    app.formatter_fn([](const CLI::App* of, const std::string&, CLI::AppFormatMode) {
        return render_help(*of, std::string(usage_text) + introduction, ending);
    });
    out.records.size_max = body_size_max_default;
    raw_options raw;
    add_input_options(app, raw, out);
    add_message_options(app, raw, out);
    add_delivery_options(app, raw, out);
    add_client_options(app, out.client, "60s");
    alternatives only_one = client_alternatives();
    only_one.push_back({"lines", "null", "delimiter", "whole"});
    only_one.push_back({"stop-on-error", "max-errors"});

    if (auto text = parse_command_line(app, arguments, "producer", only_one))
        return text;
    const std::vector<std::string> operands =
        operands_of(app, "put -- before a BODY that begins with '-'");
    check(out.client);
    check_framing(app, raw, out);
    check_properties(app, raw, out);
    check_target(app, raw, operands, out);
    check_delivery(app, raw, out);
    return std::nullopt;
}

std::string short_help() {
    return std::string(usage_text) + "\nWithout BODY, tasks come from stdin, which must not be a "
                                     "terminal. --help tells more.\n";
}

std::string parse_window(const std::string& text, std::size_t& count, std::size_t& bytes) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::size_t number = 0;
    const char* end = text.data() + comma;
    const auto [stop, fault] = std::from_chars(text.data(), end, number);
    if (fault != std::errc{} || stop != end || number == 0)
        return fmt::format("'{}' is not N or N,SIZE with N at least 1", text);
    std::uint64_t size = bytes;
    if (comma < text.size())
        if (std::string wrong = parse_size(std::string_view{text}.substr(comma + 1), size);
            !wrong.empty())
            return wrong;
    if (size == 0)
        return "the window's size must be at least 1";
    count = number;
    bytes = size;
    return {};
}

} // namespace taskwire::tools
