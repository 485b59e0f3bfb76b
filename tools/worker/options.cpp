#include <worker/options.hpp>

#include <common/duration.hpp>
#include <common/help.hpp>
#include <common/topology.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

#include <sched.h>

namespace taskwire::tools {

namespace {

constexpr std::size_t job_count_max = 1000; // one channel each; brokers allow 2047
constexpr std::size_t stop_code_default = 99;

constexpr const char* introduction = R"(taskwire-worker: work on the tasks of a RabbitMQ queue

  taskwire-worker mails ./send-mail              one process per task, its body on stdin
  taskwire-worker -j 4 mails ./send-mail --fast  four at a time; --fast is the command's option
  taskwire-worker mails --shell 'gzip > /var/spool/mails/$TASK_ID.gz'
  taskwire-worker resize convert {file} -resize 50% /srv/small/{id}.png
  taskwire-worker --exit-when-empty mails > all  no command: bodies to stdout, a line each

Usage: taskwire-worker [OPTIONS] QUEUE [--] COMMAND [ARG...]
       taskwire-worker [OPTIONS] QUEUE --shell LINE
       taskwire-worker [OPTIONS] QUEUE

A task whose command exits with 0 is done. One whose command fails is kept in QUEUE.failed, with
the reason in its headers. One whose worker dies is delivered again. A missing QUEUE is created.
)";

constexpr const char* ending_text = R"(
In ARGs, {} is the body, {file} a file with the body, {id} {attempt} {slot} what they say.
The command finds the same and more in $TASK_ID, $TASK_ATTEMPT, $TASK_REDELIVERED, $TASK_QUEUE,
$TASK_H_<HEADER> and so on, and as JSON on descriptor 3.

INT, TERM or HUP: take no more tasks, finish those that run, end. Once more: terminate them and hand
them back to the queue. A third time: end at once.

Exit status: 0 ended as asked; 1 so, but a task failed (with --exit-when-empty, --exit-when-idle,
--max-tasks, --once); 64 wrong usage; 69 no broker, and --reconnect used up; 75 stopped, and tasks
went back to the queue; 77 login or permission refused; 78 no such queue, or the command cannot be
executed; 128+n ended by signal n, 141 when whoever read stdout has gone.
)";

template <typename Number>
std::string parse_count(const std::string& text, Number smallest, Number largest, Number& out) {
    Number value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data(), end, value);
    if (fault != std::errc{} || stop != end || value < smallest || value > largest) {
        return largest == std::numeric_limits<Number>::max()
                   ? fmt::format("'{}' is not a number from {} on", text, smallest)
                   : fmt::format("'{}' is not a number from {} to {}", text, smallest, largest);
    }
    out = value;
    return {};
}

// Those that this process may use, which under a scheduler may be fewer than there are.
std::size_t processor_count() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return 1;
    }
    return std::max<std::size_t>(1, static_cast<std::size_t>(CPU_COUNT(&allowed)));
}

std::string parse_jobs(const std::string& text, std::size_t& out) {
    if (text == "auto") {
        out = processor_count();
        return {};
    }
    return parse_count<std::size_t>(text, 1, job_count_max, out);
}

void add_duration(CLI::App& app, const std::string& name, std::chrono::milliseconds& out,
                  const std::string& description, const std::string& group) {
    add_parsed(
        app, name, "TIME", [&out](const std::string& text) { return parse_duration(text, out); },
        description)
        ->group(group);
}

void add_duration(CLI::App& app, const std::string& name,
                  std::optional<std::chrono::milliseconds>& out, const std::string& description,
                  const std::string& group) {
    add_parsed(
        app, name, "TIME",
        [&out](const std::string& text) { return parse_duration(text, out.emplace()); },
        description)
        ->group(group);
}

// What is parsed before it is known whether it fits together.
struct raw_options {
    std::string shell_line;
    bool once = false;
};

void add_task_options(CLI::App& app, worker_options& options, raw_options& raw) {
    const std::string group = "Tasks";
    add_parsed(
        app, "-j,--jobs", "N",
        [&options](const std::string& text) { return parse_jobs(text, options.jobs); },
        "commands that run at a time (1); auto: one per processor")
        ->group(group);
    app.add_option("--shell", raw.shell_line, "the command, as a line of shell")
        ->type_name("LINE")
        ->group(group);
    add_duration(app, "--timeout", options.timeout,
                 "terminate a command that runs longer; its task has failed (0: never)", group);
    add_duration(app, "--kill-after", options.kill_after, "from TERM to KILL (10s)", group);
    app.add_option("--failed-queue", options.failed_queue,
                   "where failed tasks are kept (QUEUE.failed)")
        ->type_name("NAME")
        ->group(group);
    add_parsed(
        app, "--stop-codes", "LIST",
        [&options](const std::string& text) {
            return parse_exit_statuses(text, options.stop_codes);
        },
        "exit statuses that say: done, and take no more tasks (99); 1,3,70-79 is a list")
        ->group(group);
    app.add_flag("-0,--null", options.null_terminated,
                 "without a command: end each body with NUL instead of newline")
        ->group(group);
    add_parsed(
        app, "--prefetch", "N",
        [&options](const std::string& text) {
            return parse_count<std::uint16_t>(text, 1, 65'535, options.prefetch_count);
        },
        "without a command: bodies that are on their way at a time (100)")
        ->group(group);
}

std::string parse_choice(const std::string& text, const char* yes, const char* no, bool& out) {
    out = text == yes;
    return out || text == no ? std::string{}
                             : fmt::format("'{}' is neither {} nor {}", text, yes, no);
}

void add_outage_options(CLI::App& app, worker_options& options) {
    const std::string group = "Connection lost";
    add_parsed(
        app, "--on-lost", "WHAT",
        [&options](const std::string& text) {
            return parse_choice(text, "kill", "keep", options.kills_on_lost);
        },
        "keep (default): commands run on, and their tasks are acknowledged when they are delivered "
        "again; without a message id they cannot be known again. kill: terminate them")
        ->group(group);
    add_parsed(
        app, "--on-cancel", "WHAT",
        [&options](const std::string& text) {
            bool retries = true;
            std::string fault = parse_choice(text, "retry", "stop", retries);
            options.when_cancelled = retries ? on_cancel::consume_again : on_cancel::end;
            return fault;
        },
        "when the broker ends the consumer: retry (default) or stop")
        ->group(group);
}

void add_ending_options(CLI::App& app, worker_options& options, raw_options& raw) {
    const std::string group = "When to end";
    app.add_flag("--exit-when-empty", options.exit_when_empty,
                 "once the queue is empty and nothing runs here")
        ->group(group);
    add_duration(app, "--exit-when-idle", options.exit_when_idle, "after so long without a task",
                 group);
    add_parsed(
        app, "--max-tasks", "N",
        [&options](const std::string& text) {
            constexpr auto count_max = std::numeric_limits<std::uint64_t>::max();
            return parse_count<std::uint64_t>(text, 1, count_max, options.task_count_max.emplace());
        },
        "after N tasks")
        ->group(group);
    app.add_flag("--once", raw.once, "after one task: the same as --max-tasks 1")->group(group);
    add_duration(app, "--max-time", options.time_max,
                 "after so long, when the tasks that run then are finished", group);
    add_duration(app, "--drain-timeout", options.drain_timeout,
                 "terminate commands that still run so long after the worker was told to end, "
                 "and hand their tasks back",
                 group);
}

// What stands behind QUEUE: the command, in its own words.
std::vector<std::string> take_command(const CLI::App& app) {
    std::vector<std::string> rest = app.remaining();
    if (rest.empty()) {
        return rest;
    }
    if (rest.front() == "--") {
        rest.erase(rest.begin());
    } else if (rest.front().size() > 1 && rest.front().front() == '-') {
        throw usage_error(fmt::format("there is no option {}", rest.front()));
    }
    return rest;
}

void complete(worker_options& options, const raw_options& raw, bool has_shell_line) {
    if (options.queue.empty()) {
        throw usage_error("QUEUE is missing");
    }
    if (has_shell_line) {
        if (!options.command.empty()) {
            throw usage_error(fmt::format("--shell is the command; '{}' is one too many",
                                          options.command.front()));
        }
        options.command = shell_command(raw.shell_line);
        options.is_shell_line = true;
    } else if (!options.command.empty() && options.command.front().empty()) {
        throw usage_error("COMMAND is empty");
    }
    if (raw.once) {
        if (options.task_count_max.value_or(1) != 1) {
            throw usage_error("--once is --max-tasks 1");
        }
        options.task_count_max = 1;
    }
    if (options.task_count_max) {
        // More would only be handed back.
        options.jobs = static_cast<std::size_t>(
            std::min<std::uint64_t>(options.jobs, *options.task_count_max));
        options.prefetch_count = static_cast<std::uint16_t>(
            std::min<std::uint64_t>(options.prefetch_count, *options.task_count_max));
    }
    if (options.failed_queue.empty()) {
        options.failed_queue = failed_queue_of(options.queue);
    }
    if (options.failed_queue == options.queue) {
        throw usage_error(
            "--failed-queue must not be QUEUE itself: failed tasks would run for ever");
    }
}

} // namespace

std::string parse_exit_statuses(const std::string& text, exit_statuses& out) {
    exit_statuses found;
    std::string_view rest = text;
    while (true) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const std::string_view item = rest.substr(0, comma);
        const std::size_t dash = std::min(item.find('-'), item.size());
        std::uint8_t first = 0;
        if (const std::string fault =
                parse_count<std::uint8_t>(std::string(item.substr(0, dash)), 0, 255, first);
            !fault.empty()) {
            return fmt::format("'{}' is not a list of exit statuses such as 1,3,70-79", text);
        }
        std::uint8_t last = first;
        if (dash != item.size() &&
            !parse_count<std::uint8_t>(std::string(item.substr(dash + 1)), first, 255, last)
                 .empty()) {
            return fmt::format("'{}' is not a range of exit statuses", item);
        }
        for (std::size_t each = first; each <= last; ++each) {
            found.set(each);
        }
        if (comma == rest.size()) {
            out = found;
            return {};
        }
        rest.remove_prefix(comma + 1);
    }
}

std::optional<std::string> parse_worker_options(std::vector<std::string> arguments,
                                                worker_options& out) {
    worker_options options;
    options.stop_codes.set(stop_code_default);
    raw_options raw;
    CLI::App app;
    // The first word after QUEUE that is not an option ends ours: the command's are its own.
    app.prefix_command();
    app.add_option("QUEUE", options.queue)->group("");
    add_task_options(app, options, raw);
    add_outage_options(app, options);
    add_ending_options(app, options, raw);
    add_client_options(app, options.client, "forever");
    const auto asked =
        parse_command_line(app, std::move(arguments), "worker", client_alternatives());
    if (asked) {
        const bool is_help = app.get_help_ptr()->count() > 0;
        return is_help ? render_help(app, introduction, ending_text) : asked;
    }
    options.command = take_command(app);
    complete(options, raw, is_given(app, "shell"));
    check(options.client);
    out = std::move(options);
    return std::nullopt;
}

} // namespace taskwire::tools
