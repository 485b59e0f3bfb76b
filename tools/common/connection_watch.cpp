#include <common/connection_watch.hpp>

#include <common/duration.hpp>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <fmt/format.h>

#include <optional>
#include <utility>

namespace taskwire::tools {

connection_watch::connection_watch(const strand& executor, reporter& say, advice_context context,
                                   reconnect_choice reconnect)
    : strand_(executor),
      say_(say),
      context_(std::move(context)),
      for_how_long_(reconnect.at_most ? " for " + spell_duration(*reconnect.at_most) : ""),
      changed_(executor, asio::steady_timer::time_point::max()) {}

void connection_watch::on_event(const any_client_event& event) {
    std::visit([this](const auto& each) { on(each); }, event);
}

void connection_watch::on_opened() {
    is_connected_ = true;
    is_told_ = false;
}

void connection_watch::on_ended() {
    is_connected_ = false;
    has_ended_ = true;
    changed_.cancel();
}

void connection_watch::on(const client_event::lost& event) {
    ++loss_count_;
    is_connected_ = false;
    if (!std::exchange(is_told_, true))
        say_.warning(
            fmt::format("connection lost: {}; trying again{}", explain(event.why), for_how_long_));
}

void connection_watch::on(const client_event::waiting& event) {
    const std::string problem = explain(event.why);
    if (!std::exchange(is_told_, true))
        say_.warning(fmt::format("{}; trying again{}", problem, for_how_long_));
    else
        say_.detail(
            fmt::format("{}; next attempt in {}", problem, format_duration(event.pause)));
}

void connection_watch::on(const client_event::recovered& event) {
    is_connected_ = true;
    is_told_ = false;
    changed_.cancel();
    say_.info(fmt::format("back after {}", format_duration(event.outage)));
    say_.detail(fmt::format("connected to {}", event.endpoint));
    for (const auto& each : event.failures)
        say_.detail(fmt::format("{}: {}", each.what, describe(each.why)));
}

// In one clause; that the connection is lost need not be said again.
std::string connection_watch::explain(const close_reason& why) const {
    if (why.code == asio::error::eof || why.code == errc::connection_lost)
        return context_.hosts + " has gone";
    return advise(why, context_).problem;
}

asio::awaitable<void>
connection_watch::see_through(std::function<asio::awaitable<void>()> prepare) {
    while (true) {
        // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): it is read behind the catch
        const std::uint64_t losses_before = loss_count_;
        std::optional<error> fault;
        try {
            co_await prepare();
            co_return;
        } catch (const error& thrown) {
            fault.emplace(thrown);
        }
        // The client may learn of the loss a moment after those who wait for an answer.
        co_await asio::post(strand_, asio::use_awaitable);
        if (loss_count_ == losses_before)
            throw *fault;
        const bool is_back = co_await reconnected();
        if (!is_back)
            throw *fault;
    }
}

asio::awaitable<bool> connection_watch::reconnected() {
    while (!is_connected_ && !has_ended_) {
        std::error_code woken;
        co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    co_return is_connected_;
}

} // namespace taskwire::tools
