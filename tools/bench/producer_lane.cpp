#include <bench/producer_lane.hpp>

#include <algorithm>
#include <utility>

namespace taskwire::tools {

namespace {

constexpr std::chrono::seconds arrival_timeout{10};
constexpr std::uint8_t persistent = 2;

} // namespace

producer_lane::producer_lane(const strand& executor, load& all, std::size_t number, publisher to)
    : all_(all),
      number_(number),
      to_(std::move(to)),
      changed_(executor),
      body_(all.options.size, 'x') {
    method_.routing_key = all_.queue;
    if (!all_.options.transient)
        properties_.delivery_mode = persistent;
}

asio::awaitable<void> producer_lane::run(schedule when) {
    when_ = when;
    while (wants_more()) {
        co_await to_.ready();
        const auto now = clock::now();
        const auto due = when.due(sent_, now);
        if (due > now) {
            co_await changed_.wait_until(due);
            continue;
        }
        if (!wants_more())
            break;
        publish(due);
        if (all_.options.mode == bench_mode::roundtrip)
            co_await await_arrival();
    }
    co_await to_.drain();
}

void producer_lane::publish(clock::time_point due) {
    const stamp message = all_.begin_message(number_, sent_++, due);
    write_stamp(message, body_);
    to_.publish(method_, properties_, std::string_view{body_},
                [&all = all_, message](const publish_outcome& outcome) {
                    all.on_outcome(message, outcome);
                });
}

asio::awaitable<void> producer_lane::await_arrival() {
    auto deadline = clock::now() + arrival_timeout;
    while (arrived_ < sent_ && !all_.no_more_publishing) {
        co_await changed_.wait_until(deadline);
        if (all_.is_blocked)
            deadline = clock::now() + arrival_timeout;
        else if (arrived_ < sent_ && clock::now() >= deadline)
            throw error(failure{make_error_code(errc::request_timed_out)});
    }
}

void producer_lane::arrived(std::uint64_t sequence) {
    arrived_ = std::max(arrived_, sequence + 1);
    changed_.now();
}

std::uint64_t producer_lane::overdue(clock::time_point then) const {
    const std::uint64_t due = when_ ? when_->due_before(then) : 0;
    return std::max(sent_, std::min(due, all_.options.count.value_or(due))) - sent_;
}

bool producer_lane::wants_more() const {
    return !all_.no_more_publishing && (!all_.options.count || sent_ < *all_.options.count);
}

} // namespace taskwire::tools
