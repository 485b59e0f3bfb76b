#include <bench/consumer_lane.hpp>

#include <worker/environment.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <optional>
#include <system_error>
#include <utility>

namespace taskwire::tools {

namespace {

bool tells_of_missing(const child_result& result) {
    return result.how == ending::could_not_execute && is_program_missing(result.error);
}

std::string explain_start(const std::string& command, const child_result& why) {
    const std::string reason = std::generic_category().message(why.error);
    return tells_of_missing(why)
               ? fmt::format("cannot execute '{}': {}", command, reason)
               : fmt::format("cannot start '{}': {}: {}", command, why.failed_call, reason);
}

} // namespace

could_not_execute::could_not_execute(const std::string& command, const child_result& why)
    : std::runtime_error(explain_start(command, why)), is_missing_(tells_of_missing(why)) {}

consumer_lane::consumer_lane(const strand& executor, load& all, std::size_t number, consumer from)
    : strand_(executor),
      all_(all),
      number_(number),
      from_(std::move(from)),
      environment_(child_environment(environ, {})),
      process_ended_(executor) {}

asio::awaitable<void> consumer_lane::run() {
    while (!all_.no_more_consuming) {
        const delivery message = co_await from_.next();
        all_.on_delivery(number_, message);
        if (all_.options.mode == bench_mode::exec && all_.is_measuring)
            co_await execute(message.body());
        co_await from_.ack(message);
        all_.on_consumed(message);
    }
}

asio::awaitable<void> consumer_lane::execute(std::string_view body) {
    child_spec what;
    what.argv = all_.options.command;
    what.environment = environment_;
    what.body = body;
    what.metadata = "{}";
    std::optional<child_result> result;
    const auto begin = load::clock::now();
    process_ = child::start(strand_, std::move(what), [&](const child_result& found) {
        result = found;
        process_ended_.now();
    });
    ++all_.running_processes;
    while (!result)
        co_await process_ended_.wait();
    --all_.running_processes;
    if (result->how == ending::could_not_execute || result->how == ending::could_not_start)
        throw could_not_execute(all_.options.command.front(), *result);
    if (!all_.is_measuring)
        co_return; // it was over before this was
    if (result->how != ending::exited || result->exit_code != 0)
        ++all_.counts.failed;
    const auto wall = load::clock::now() - begin;
    all_.process_ns.add(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count()));
}

} // namespace taskwire::tools
