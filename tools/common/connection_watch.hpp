#pragma once

#include <common/advice.hpp>
#include <common/client_options.hpp>
#include <common/reporter.hpp>

#include <taskwire/client.hpp>

#include <asio/steady_timer.hpp>

#include <cstdint>
#include <functional>

namespace taskwire::tools {

// Follows a client's connection, and tells the person of an outage: once when it begins, however
// many attempts there are, and once when it is over.
// Lifetimes: it must outlive the client's io_context's run; the reporter is borrowed.
// Thread safety: none; everything on the client's strand.
class connection_watch {
  public:
    connection_watch(const strand& executor, reporter& say, advice_context context,
                     reconnect_choice reconnect);

    // For client_options::on_event.
    void on_event(const any_client_event& event);
    // client::open has completed.
    void on_opened();
    // The client has ended for good.
    void on_ended();

    bool is_connected() const { return is_connected_; }

    // Runs `prepare`, and runs it again when the connection is lost meanwhile and comes back: so it
    // must do no harm twice.
    // Errors: throws what `prepare` does while the connection lasts, or if it does not come back.
    asio::awaitable<void> see_through(std::function<asio::awaitable<void>()> prepare);

  private:
    void on(const client_event::lost& event);
    void on(const client_event::waiting& event);
    void on(const client_event::recovered& event);
    asio::awaitable<bool> reconnected();
    std::string explain(const close_reason& why) const;

    strand strand_;
    reporter& say_;
    advice_context context_;
    std::string for_how_long_;
    asio::steady_timer changed_;
    std::uint64_t loss_count_ = 0;
    bool is_connected_ = false;
    bool has_ended_ = false;
    bool is_told_ = false; // of the present outage
};

} // namespace taskwire::tools
