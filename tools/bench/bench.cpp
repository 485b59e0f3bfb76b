#include <bench/bench.hpp>

#include <common/duration.hpp>
#include <common/end_signals.hpp>
#include <producer/message_id.hpp>

#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <limits>
#include <utility>

// The phases of a run.
namespace taskwire::tools {

namespace {

// Nothing comes any more: what is missing then is lost.
constexpr std::chrono::seconds silence_max{10};
// For the confirms of what an interrupt left unconfirmed.
constexpr std::chrono::seconds patience_of_interrupted{5};
constexpr std::chrono::milliseconds look_again{200};
// For what waits for a confirm in vain to be told so.
constexpr std::chrono::seconds grace{1};

std::string unique_queue_name() {
    uuid_source ids;
    return "taskwire-bench-" + ids.next();
}

std::chrono::microseconds cpu_time(int whose) {
    rusage usage{};
    ::getrusage(whose, &usage);
    return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

std::string text_of(table_view properties, std::string_view name) {
    const auto value = properties.find(name);
    const auto text = value ? value->as_string() : std::nullopt;
    return text ? std::string{*text} : "?";
}

/// If there is one.
asio::awaitable<void> close(const connection& which) {
    if (!which)
        co_return;
    std::error_code gone; // already
    co_await which.close(asio::redirect_error(asio::use_awaitable, gone));
}

} // namespace

bench::bench(const bench_options& options, const connect_options& to, reporter& says)
    : options_(options),
      to_(to),
      says_(says),
      strand_(asio::make_strand(asio::any_io_executor{io_.get_executor()})),
      signals_(strand_),
      changed_(strand_),
      progress_timer_(strand_),
      load_(options, unique_queue_name(),
            {.notify = [this] { changed_.now(); },
             .arrived =
                 [this](std::size_t producer, std::uint64_t sequence) {
                     if (producer < producers_.size())
                         producers_[producer]->arrived(sequence);
                 },
             .complain = [this](const publish_outcome& outcome) { complain(outcome); },
             .give_up =
                 [this] {
                     if (!ending_ && !is_over())
                         fail({"too many messages are not confirmed", {}, exit_code::failed_tasks});
                 }}),
      context_(make_advice_context(says.tool(), to, load_.queue)) {}

int bench::run() {
    add_end_signals(signals_);
    await_signal();
    asio::co_spawn(strand_, work(), [this](const std::exception_ptr& fault) {
        signals_.cancel();
        progress_timer_.cancel();
        if (fault)
            std::rethrow_exception(fault);
    });
    io_.run();
    return finish();
}

asio::awaitable<void> bench::work() {
    std::exception_ptr fault;
    try {
        co_await open();
        if (!is_over())
            co_await load_and_measure();
    } catch (...) {
        fault = std::current_exception();
    }
    if (fault && !is_over())
        fail(fault);
    judged_ = measured_ && !is_over();
    co_await end_load();
    if (queue_may_exist_)
        co_await delete_queue();
    co_await close(control_);
}

asio::awaitable<void> bench::open() {
    control_ = co_await connection::connect(strand_, to_);
    const table_view broker = control_.server_properties();
    product_ = text_of(broker, "product");
    version_ = text_of(broker, "version");
    table arguments;
    arguments.append("x-queue-type",
                     options_.client.type == queue_type::quorum ? "quorum" : "classic");
    const spec::queue::declare order{
        .queue = load_.queue, .durable = true, .arguments = arguments.view()};
    const channel temporary = co_await control_.open_channel();
    queue_may_exist_ = true;
    try {
        co_await temporary.request(order);
    } catch (const error& fault) {
        const bool is_refused =
            fault.reason() != nullptr && fault.reason()->method == spec::queue::declare::id;
        queue_may_exist_ = !is_refused;
        throw;
    }
    co_await temporary.close();
    says_.detail(fmt::format("queue '{}' at {} {}", load_.queue, product_, version_));
    connect_options publishing = to_;
    publishing.on_blocked = [this](bool blocked, std::string_view reason) {
        on_blocked(blocked, reason);
    };
    publishing_ = co_await connection::connect(strand_, publishing);
    if (options_.mode != bench_mode::publish || options_.verify)
        consuming_ = co_await connection::connect(strand_, to_);
}

asio::awaitable<void> bench::load_and_measure() {
    show_progress();
    co_await open_producers();
    if (options_.fills_first()) {
        start_producers({});
        co_await await_published({});
        if (is_over() || stalled_)
            co_return;
    } else if (options_.mode != bench_mode::publish) {
        co_await open_consumers();
    }
    begin();
    std::optional<clock::time_point> time_over;
    if (options_.time)
        time_over = began_ + *options_.time;
    // A consumer gets its first messages as soon as it is opened.
    if (options_.fills_first())
        co_await open_consumers();
    start_consumers();
    if (!options_.fills_first()) {
        start_producers(options_.rate);
        co_await await_published(time_over);
    }
    const bool is_bounded = options_.fills_first() || options_.mode == bench_mode::exec;
    if (options_.mode != bench_mode::publish)
        co_await await_consumed(is_bounded ? time_over : std::nullopt);
    end();
    if (!options_.verify || is_over() || load_.is_all_consumed())
        co_return;
    if (consumers_.empty()) {
        co_await open_consumers();
        start_consumers();
    }
    co_await await_consumed({});
}

asio::awaitable<void> bench::open_producers() {
    publisher_options limits;
    limits.unconfirmed_count_max = options_.window;
    limits.confirm_timeout = options_.confirm_timeout;
    for (std::size_t i = 0; i < options_.producers; ++i) {
        const publisher to = co_await publisher::open(publishing_, limits);
        producers_.push_back(std::make_unique<producer_lane>(strand_, load_, i, to));
    }
}

asio::awaitable<void> bench::open_consumers() {
    consumer_options limits;
    limits.prefetch_count = options_.prefetch;
    // The prefetch is the limit.
    limits.delivery_count_max = limits.delivery_bytes_max = std::numeric_limits<std::size_t>::max();
    for (std::size_t i = 0; i < options_.consumers; ++i) {
        const consumer from = co_await consumer::open(consuming_, load_.queue, limits);
        consumers_.push_back(std::make_unique<consumer_lane>(strand_, load_, i, from));
    }
}

void bench::start_producers(std::optional<std::uint64_t> rate) {
    const auto start = load_.is_measuring ? began_ : clock::now();
    for (std::size_t i = 0; i < producers_.size(); ++i) {
        ++publishing_count_;
        asio::co_spawn(strand_, producers_[i]->run({rate, start, i, producers_.size()}),
                       [this](const std::exception_ptr& fault) {
                           --publishing_count_;
                           on_lane_ended(fault);
                       });
    }
}

void bench::start_consumers() {
    for (const auto& each : consumers_)
        asio::co_spawn(strand_, each->run(),
                       [this](const std::exception_ptr& fault) { on_lane_ended(fault); });
}

/// Until the producers have done what they shall, or the time is over and all is confirmed or
/// unknown: a producer may still wait for a broker that takes nothing.
asio::awaitable<void> bench::await_published(std::optional<clock::time_point> end) {
    std::optional<clock::time_point> give_up;
    std::uint64_t seen = load_.counts.confirmed;
    auto since = clock::now();
    load_.is_published = false;
    while (publishing_count_ > 0 && !fault_) {
        const auto now = clock::now();
        if (std::exchange(seen, load_.counts.confirmed) != load_.counts.confirmed)
            since = now;
        if (end && now >= *end && !load_.no_more_publishing) {
            load_.last_confirm = std::max(load_.last_confirm, *end);
            halt_publishing(*end);
        }
        if (!end && !load_.no_more_publishing && now - since >= options_.confirm_timeout + grace)
            stop_stalled();
        if (load_.no_more_publishing && load_.counts.outstanding() == 0)
            break;
        if (interrupted_ && !give_up)
            give_up = now + patience_of_interrupted;
        if (give_up && now >= *give_up)
            co_return;
        const auto next = end && now < *end ? *end : now + look_again;
        co_await changed_.wait_until(give_up ? std::min(next, *give_up) : next);
    }
    load_.is_published = true;
}

/// What can be measured then is.
void bench::stop_stalled() {
    stalled_ = true;
    says_.error(fmt::format("nothing was confirmed for {}",
                            format_duration(options_.confirm_timeout + grace)),
                "is the broker short of memory or disk? rabbitmqctl status tells");
    halt_publishing(clock::now());
}

/// Until all that was confirmed is consumed, or nothing comes any more, or the time is over.
asio::awaitable<void> bench::await_consumed(std::optional<clock::time_point> end) {
    incomplete_ = false;
    std::uint64_t seen = load_.counts.consumed;
    auto since = clock::now();
    while (!load_.is_all_consumed() && !is_over()) {
        const auto now = clock::now();
        if (end && now >= *end) {
            load_.last_consumed = std::max(load_.last_consumed, *end);
            co_return;
        }
        if (load_.counts.consumed != seen || load_.running_processes > 0)
            since = now;
        seen = load_.counts.consumed;
        if (now - since >= silence_max) {
            incomplete_ = true;
            co_return;
        }
        const auto next = now + look_again;
        co_await changed_.wait_until(end ? std::min(next, *end) : next);
    }
}

void bench::begin() {
    before_ = load_.counts;
    cpu_ = cpu_time(RUSAGE_SELF);
    children_cpu_ = cpu_time(RUSAGE_CHILDREN);
    began_ = clock::now();
    load_.begin_measuring();
}

void bench::end() {
    load_.is_measuring = false;
    after_ = load_.counts;
    cpu_ = cpu_time(RUSAGE_SELF) - cpu_;
    children_cpu_ = cpu_time(RUSAGE_CHILDREN) - children_cpu_;
    measured_ = true;
}

asio::awaitable<void> bench::end_load() {
    stop();
    // A process that runs may take its time, unless somebody is in a hurry.
    while (load_.running_processes > 0) {
        if (signalled_ || fault_)
            for (const auto& each : consumers_)
                each->terminate();
        co_await changed_.wait_until(clock::now() + look_again);
    }
    ending_ = true;
    co_await close(publishing_);
    co_await close(consuming_);
}

/// On a new connection if that fails on the old one.
asio::awaitable<void> bench::delete_queue() {
    const spec::queue::delete_ order{.queue = load_.queue};
    for (int attempt = 0; attempt < 2; ++attempt) {
        try {
            if (attempt > 0) {
                co_await close(control_);
                control_ = co_await connection::connect(strand_, to_);
            }
            const channel temporary = co_await control_.open_channel();
            co_await temporary.request(order);
            queue_may_exist_ = false;
            co_return;
        } catch (const error&) { // NOLINT(bugprone-empty-catch)
            // Once more; then it is told that the queue is left.
        }
    }
}

} // namespace taskwire::tools
