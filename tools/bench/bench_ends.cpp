#include <bench/bench.hpp>

#include <common/number.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

// What comes to a run from outside: signals, the broker's notices, faults; and its end.
namespace taskwire::tools {

namespace {

constexpr std::chrono::seconds progress_interval{1};

} // namespace

void bench::on_lane_ended(const std::exception_ptr& fault) {
    changed_.now();
    if (fault && !ending_ && !is_over())
        fail(fault);
}

void bench::fail(const std::exception_ptr& fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const could_not_execute& thrown) {
        if (thrown.is_missing())
            fail({thrown.what(), "check the command behind --", exit_code::configuration});
        else
            fail({thrown.what(), "is this machine short of processes, memory or descriptors?",
                  exit_code::temporary});
    } catch (const error& thrown) {
        fail(advise(thrown, context_));
    } catch (const std::exception& thrown) {
        fail({thrown.what(), {}, exit_code::failed_tasks});
    }
}

void bench::on_blocked(bool blocked, std::string_view reason) {
    load_.is_blocked = blocked;
    says_.warning(describe_blocked(blocked, reason));
}

/// Once the connection is lost every outcome is unknown: then the loss is told, not these.
void bench::complain(const publish_outcome& outcome) {
    if (ending_)
        return;
    if (outcome.what() == publish_outcome::kind::nacked)
        says_.error("the broker could not take a message");
    else
        says_.detail(fmt::format("a message is not confirmed: {}", outcome.text()));
}

void bench::fail(const advice& what) {
    fault_ = what.code;
    says_.error(what.problem, what.remedy);
    stop();
}

/// Takes no more of anything; what is under way goes on.
void bench::stop() {
    load_.no_more_consuming = true;
    halt_publishing(clock::now());
    changed_.now();
}

void bench::halt_publishing(clock::time_point end) {
    const bool is_first = !std::exchange(load_.no_more_publishing, true);
    for (const auto& each : producers_) {
        if (is_first)
            load_.counts.overdue += each->overdue(end);
        each->wake();
    }
}

void bench::await_signal() {
    signals_.async_wait([this](std::error_code fault, int number) {
        if (fault)
            return;
        on_signal(number);
        await_signal();
    });
}

void bench::on_signal(int number) {
    if (std::exchange(signalled_, true))
        second_signal_ = number;
    interrupted_ = interrupted_ || !judged_;
    if (second_signal_ != 0 || !queue_may_exist_) {
        io_.stop();
        return;
    }
    says_.info("stopping; once more quits at once and leaves the queue");
    stop();
}

void bench::show_progress() {
    const bool plain = options_.client.progress == progress_choice::plain;
    redrawn_line& line = says_.line();
    if (ending_ || (!line.enabled() && !plain))
        return;
    const auto now = clock::now();
    const load_counts& counts = load_.counts;
    rates& since = rates_ ? *rates_ : rates_.emplace(now);
    since.published.add(counts.confirmed - shown_.confirmed, now);
    since.consumed.add(counts.consumed - shown_.consumed, now);
    shown_ = counts;
    const std::string text =
        fmt::format("{}confirmed {} {}  consumed {} {}",
                    load_.is_measuring ? "" : "not measured yet: ", grouped(counts.confirmed),
                    format_rate(since.published.rate_per_s(now)), grouped(counts.consumed),
                    format_rate(since.consumed.rate_per_s(now)));
    if (line.enabled())
        line.update(text, now);
    else
        says_.plain(text);
    progress_timer_.expires_after(progress_interval);
    progress_timer_.async_wait([this](std::error_code fault) {
        if (!fault)
            show_progress();
    });
}

int bench::finish() {
    says_.line().erase();
    if (queue_may_exist_)
        says_.error(fmt::format("queue '{}' is left at the broker", load_.queue),
                    fmt::format("delete it: rabbitmqctl delete_queue -p {} {}",
                                shell_word(context_.vhost), load_.queue));
    const bool is_printed = !measured_ || fault_ || print_report();
    if (incomplete_ && !options_.verify)
        says_.error(fmt::format("{} of {} messages did not come", load_.counts.unconsumed(),
                                load_.counts.confirmed),
                    "--verify counts exactly");
    const int status = exit_status();
    return is_printed || status != 0 ? status : to_int(exit_code::failed_tasks);
}

bool bench::print_report() {
    const bench_report report = make_report();
    const std::string text =
        options_.json ? render_json(report, options_) : render(report, options_);
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
        return true;
    says_.error("cannot write to stdout: " + std::generic_category().message(errno));
    return false;
}

int bench::exit_status() const {
    if (second_signal_ != 0)
        return exit_by_signal(second_signal_);
    if (fault_)
        return to_int(*fault_);
    if (load_.counts.nacked + load_.counts.failed > 0 || incomplete_ || stalled_)
        return to_int(exit_code::failed_tasks);
    if (interrupted_) // and did not await every confirm
        return to_int(exit_code::temporary);
    const bool is_clean = !load_.check || load_.check->counts().is_clean();
    return to_int(is_clean && load_.counts.unknown == 0 ? exit_code::ok : exit_code::failed_tasks);
}

bench_report bench::make_report() const {
    bench_report result{
        .product = product_, .version = version_, .hosts = context_.hosts, .cpu = cpu_};
    if (!options_.fills_first())
        result.published = {after_.confirmed - before_.confirmed, load_.last_confirm - began_};
    if (options_.mode != bench_mode::publish)
        result.consumed = {after_.consumed - before_.consumed, load_.last_consumed - began_};
    if (options_.mode == bench_mode::exec) {
        result.children_cpu = children_cpu_;
        result.left = after_.unconsumed();
    }
    result.overdue = load_.counts.overdue;
    result.confirm = summarize(load_.confirm_ns);
    result.consume = summarize(load_.consume_ns);
    result.process = summarize(load_.process_ns);
    result.nacked = load_.counts.nacked;
    result.unknown = load_.counts.unknown;
    result.failed = load_.counts.failed;
    if (load_.check && !interrupted_)
        result.verified = load_.check->counts();
    result.interrupted = interrupted_;
    return result;
}

} // namespace taskwire::tools
