#include <bench/load.hpp>

#include <taskwire/error.hpp>

#include <algorithm>
#include <random>

namespace taskwire::tools {

namespace {

// Each is remembered, so there must be an end to them.
constexpr std::uint64_t unconfirmed_max = 10'000;

std::uint64_t ns_since(stamp::clock::time_point begin, stamp::clock::time_point end) {
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(end - begin).count();
    return static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0));
}

} // namespace

load::load(const bench_options& of, std::string queue_name, handlers tell)
    : options(of),
      queue(std::move(queue_name)),
      tell_(std::move(tell)),
      run_(std::random_device{}()) {
    if (options.verify)
        check.emplace(options.producers, options.consumers);
}

void load::begin_measuring() {
    is_measuring = true;
    last_confirm = last_consumed = clock::now();
}

stamp load::begin_message(std::size_t producer, std::uint64_t sequence, clock::time_point due) {
    ++counts.sent;
    if (check)
        check->sent(producer);
    return {run_, static_cast<std::uint32_t>(producer), sequence, due};
}

void load::on_outcome(const stamp& message, const publish_outcome& outcome) {
    if (outcome.confirmed()) {
        ++counts.confirmed;
        if (is_measuring) {
            last_confirm = clock::now();
            confirm_ns.add(ns_since(message.due, last_confirm));
        }
        return;
    }
    if (counts.unconfirmed() == 0)
        tell_.complain(outcome);
    ++(outcome.what() == publish_outcome::kind::nacked ? counts.nacked : counts.unknown);
    if (check)
        check->excuse(message.producer, message.sequence);
    if (options.mode == bench_mode::roundtrip)
        tell_.arrived(message.producer, message.sequence);
    // What is unknown since its channel has ended is bounded, and told as the loss that it is.
    const bool is_by_the_end = outcome.what() == publish_outcome::kind::unknown &&
                               outcome.code() != errc::request_timed_out;
    if (!is_by_the_end && ++remembered_ == unconfirmed_max)
        tell_.give_up();
}

std::optional<stamp> load::stamp_of(const delivery& message) const {
    const auto found = read_stamp(message.body());
    return found && found->run == run_ ? found : std::nullopt;
}

void load::on_delivery(std::size_t consumer, const delivery& message) {
    const auto found = stamp_of(message);
    if (check && found)
        check->received(consumer, found->producer, found->sequence, message.redelivered());
    else if (check)
        check->received_foreign();
    if (!found)
        return;
    if (is_measuring && !options.fills_first() && options.mode != bench_mode::exec)
        consume_ns.add(ns_since(found->due, clock::now()));
    if (options.mode == bench_mode::roundtrip)
        tell_.arrived(found->producer, found->sequence);
}

void load::on_consumed(const delivery& message) {
    ++counts.consumed;
    if (is_measuring)
        last_consumed = clock::now();
    if (is_measuring && options.mode == bench_mode::exec && options.rate)
        if (const auto found = stamp_of(message))
            consume_ns.add(ns_since(found->due, last_consumed));
    if (is_published && is_all_consumed())
        tell_.notify();
}

bool load::is_all_consumed() const {
    return counts.consumed >= counts.confirmed && (!check || check->missing() == 0);
}

} // namespace taskwire::tools
