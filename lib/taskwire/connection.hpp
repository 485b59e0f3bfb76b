#pragma once

#include <memory>

#include <taskwire/channel.hpp>
#include <taskwire/connect_options.hpp>
#include <taskwire/detail/handle.hpp>

namespace taskwire {

/// A handle on an open AMQP connection.
///
/// The connection lives on a strand of the given executor; when the executor is a
/// `taskwire::strand` itself, it is used as it is, and calls made on it take no detour.
/// *Lifetimes*: handles are cheap and share the connection, which closes when the last handle on it
/// or on one of its channels is gone. Destructors never block.
/// *Thread safety*: may be used from any thread.
/// *Errors*: see `detail/initiate.hpp`; `error::reason()` tells why the connection died.
class connection {
  public:
    connection() = default;

    /// Resolves, connects and logs in; the endpoints are tried in turn.
    /// Completes with (error, connection).
    template <class Token = asio::use_awaitable_t<>>
    static auto connect(const asio::any_io_executor& executor, const connect_options& options,
                        Token&& token = {});

    /// Completes with (error, channel).
    template <class Token = asio::use_awaitable_t<>>
    auto open_channel(Token&& token = {}) const;

    /// Closes in good order, within `close_timeout`. Completes with (error).
    template <class Token = asio::use_awaitable_t<>>
    auto close(Token&& token = {}) const;

    /// Replaces the login's secret, an OAuth 2 token say, before it expires. Completes with
    /// (error); a broker that refuses closes the connection (530).
    template <class Token = asio::use_awaitable_t<>>
    auto update_secret(std::string_view new_secret, std::string_view reason,
                       Token&& token = {}) const;

    /// Completes with (close_reason) when the connection has ended, for whatever reason.
    template <class Token = asio::use_awaitable_t<>>
    auto wait_closed(Token&& token = {}) const;

    /// What the broker says of itself: product, version, capabilities. Views live as long as a
    /// handle does; it does not change.
    table_view server_properties() const {
        return handle_.core()->machine().server_properties().view();
    }

    const strand& get_executor() const { return handle_.core()->get_strand(); }
    explicit operator bool() const { return static_cast<bool>(handle_); }

    /// For publishers and consumers: the shared state.
    const detail::handle<detail::session>& shared() const { return handle_; }

  private:
    explicit connection(detail::handle<detail::session> handle) : handle_(std::move(handle)) {}

    detail::handle<detail::session> handle_;
};

template <class Token>
auto connection::connect(const asio::any_io_executor& executor, const connect_options& options,
                         Token&& token) {
    auto session =
        std::make_shared<detail::session>(detail::completion_queue::on(executor), options);
    return detail::initiate<connection>(
        std::move(session), std::forward<Token>(token),
        [](detail::session& self, detail::operation_id operation, auto done) {
            self.start(operation,
                       [done = std::move(done), handle = detail::handle{self.shared_from_this()}](
                           const failure& what) mutable {
                           done(what, what ? connection{} : connection{std::move(handle)});
                       });
        });
}

template <class Token>
auto connection::open_channel(Token&& token) const {
    return detail::initiate<channel>(
        handle_.core(), std::forward<Token>(token),
        [above = handle_.guard()](detail::session& self, detail::operation_id operation,
                                  auto done) {
            self.open_channel(operation, [done = std::move(done), above](
                                             const failure& what,
                                             std::shared_ptr<detail::channel_core> core) mutable {
                done(what, what ? channel{} : channel{detail::handle{std::move(core), above}});
            });
        });
}

template <class Token>
auto connection::close(Token&& token) const {
    return detail::initiate<>(handle_.core(), std::forward<Token>(token),
                              [](detail::session& self, detail::operation_id operation, auto done) {
                                  self.close(operation, std::move(done));
                              });
}

template <class Token>
auto connection::update_secret(std::string_view new_secret, std::string_view reason,
                               Token&& token) const {
    return detail::initiate<>(
        handle_.core(), std::forward<Token>(token),
        [method = proto::encode_method(spec::connection::update_secret{new_secret, reason})](
            detail::session& self, detail::operation_id operation, auto done) mutable {
            self.request(
                {}, std::move(method), operation,
                [done = std::move(done)](const failure& what, const proto::event::reply*) mutable {
                    done(what);
                });
        });
}

template <class Token>
auto connection::wait_closed(Token&& token) const {
    return detail::initiate_value<close_reason>(
        handle_.core(), std::forward<Token>(token),
        [](detail::session& self, detail::operation_id operation, auto done) {
            self.wait_closed(operation, [done = std::move(done)](const failure& what) mutable {
                done(what.reason ? *what.reason : close_reason{what.code, {}, false, {}});
            });
        });
}

} // namespace taskwire
