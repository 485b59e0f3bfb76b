#include <worker/parking.hpp>

#include <common/advice.hpp>
#include <common/topology.hpp>

#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace taskwire::tools {

namespace {

constexpr std::chrono::seconds retry_first{1};
constexpr std::chrono::seconds retry_last{30};
constexpr std::chrono::milliseconds poll_interval{100}; // only while there is trouble

} // namespace

parking::parking(const strand& executor, const taskwire::client_options& to,
                 std::string failed_queue, bool may_create, reporter& say)
    : strand_(executor),
      to_(to),
      failed_queue_(std::move(failed_queue)),
      may_create_(may_create),
      say_(say) {
    to_.connect.protocol.connection_name += " (failed tasks)";
    to_.on_event = {};
    to_.recovery.start_for = std::chrono::milliseconds::zero(); // park() tries again itself
    to_.connect.on_blocked = [this](bool blocked, std::string_view reason) {
        say_.warning(describe_blocked(blocked, reason));
    };
}

asio::awaitable<bool> parking::park(parked_copy copy, std::string body,
                                    std::function<bool()> is_wanted) {
    std::chrono::milliseconds pause = retry_first;
    const auto is_over = [this, &is_wanted] { return has_given_up_ || !is_wanted(); };
    while (!is_over()) {
        // One opens the connection, the others wait for it.
        if (is_connecting_) {
            co_await sleep(poll_interval);
            continue;
        }
        const bool parked = co_await try_once(copy, body);
        if (parked) {
            told_.clear();
            co_return true;
        }
        for (auto left = pause; left.count() > 0 && !is_over(); left -= poll_interval) {
            co_await sleep(poll_interval);
        }
        pause = std::min<std::chrono::milliseconds>(pause * 2, retry_last);
    }
    co_return false;
}

asio::awaitable<void> parking::sleep(std::chrono::milliseconds time) const {
    asio::steady_timer timer(strand_, time);
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<bool> parking::try_once(parked_copy& copy, const std::string& body) {
    std::uint64_t used = generation_;
    try {
        if (!publisher_) {
            co_await connect();
            used = generation_;
        }
        const spec::basic::publish method{.routing_key = failed_queue_, .mandatory = true};
        const auto outcome = co_await publisher_.publish(method, copy.properties(), body);
        switch (outcome.what()) {
        case publish_outcome::kind::confirmed:
            co_return true;
        case publish_outcome::kind::refused:
            if (outcome.code() == errc::header_exceeds_frame_max) {
                copy.drop_stderr();
            } else {
                forget_publisher(used);
            }
            break;
        case publish_outcome::kind::unknown:
        case publish_outcome::kind::returned:
            // Everything anew: the channel may be closed, or the queue must be created again.
            forget_publisher(used);
            break;
        case publish_outcome::kind::nacked:
            break;
        }
        tell(fmt::format("{} ({})", to_string(outcome.what()), outcome.text()));
    } catch (const error& fault) {
        forget_publisher(used);
        const auto advice =
            advise(fault, make_advice_context(say_.tool(), to_.connect, failed_queue_));
        tell(advice.remedy.empty() ? advice.problem : advice.problem + "; " + advice.remedy);
    }
    co_return false;
}

asio::awaitable<void> parking::connect() {
    is_connecting_ = true;
    try {
        client_ = {};
        client_ = co_await client::open(strand_, to_);
        co_await create_queue();
        publisher_options options;
        options.on_loss = on_loss::publish_again;
        publisher_ = co_await client_.open_publisher(options);
        ++generation_;
    } catch (...) {
        is_connecting_ = false;
        throw;
    }
    is_connecting_ = false;
}

asio::awaitable<void> parking::create_queue() {
    const auto ready = co_await count_ready(client_, failed_queue_);
    if (may_create_ && !ready) {
        co_await create_failed_queue(client_, failed_queue_);
    }
}

// Unless somebody has opened another one meanwhile.
void parking::forget_publisher(std::uint64_t generation) {
    if (generation == generation_) {
        publisher_ = {};
    }
}

void parking::tell(const std::string& what) {
    if (has_given_up_ || told_ == what) {
        return;
    }
    told_ = what;
    say_.warning(
        fmt::format("cannot keep a failed task in {} yet: {}; trying again", failed_queue_, what));
}

void parking::give_up() {
    has_given_up_ = true;
    if (client_) {
        client_.close(asio::detached);
    }
}

asio::awaitable<void> parking::close() {
    if (!client_) {
        co_return;
    }
    std::error_code ended; // before, which is what is wanted
    co_await client_.close(asio::redirect_error(asio::use_awaitable, ended));
}

} // namespace taskwire::tools
