#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <taskwire/client_options.hpp>
#include <taskwire/consumer.hpp>
#include <taskwire/detail/client_core.hpp>
#include <taskwire/publisher.hpp>

namespace taskwire {

/// A connection that comes back.
///
/// When the connection is lost it is opened again, at the same host or another of the list, with
/// growing pauses. Exchanges, queues and bindings that were declared through `request`, publishers
/// and consumers are restored on the new one; the handles stay what they are:
/// - a publisher's messages wait meanwhile. What was unconfirmed ends as `unknown`, or is published
///   again; see `publisher_options::on_loss`;
/// - a consumer's deliveries from before the loss are void: settling one is `stale`, and the broker
///   delivers it again, redelivered.
///
/// Publishing and consuming in one process deserve a client each: a broker that is short of memory
/// stops reading from connections that publish, and acknowledgements must go through even then.
/// *Lifetimes*: handles are cheap and share the client, which closes when the last handle on it or
/// on one of its publishers and consumers is gone.
/// *Thread safety*: may be used from any thread.
/// *Errors*: what the broker refuses for good (a login, a virtual host) and what TLS does not
/// verify ends it, and so does the end of `recovery_options::reconnect_for`. Everything that waits
/// then reports the last reason.
class client {
  public:
    client() = default;

    /// Connects. Completes with (error, client); an outage at the start is waited out, too.
    template <class Token = asio::use_awaitable_t<>>
    static auto open(const asio::any_io_executor& executor, const client_options& options,
                     Token&& token = {});

    /// Completes with (error, reply<Method>). What it declares or binds is restored after a loss,
    /// until it is deleted or unbound through `request`. Requests share no channel that matters:
    /// a refusal costs nothing else, and an empty queue name does not mean "the last declared".
    /// While there is no connection it fails at once.
    template <proto::requestable Method, class Token = asio::use_awaitable_t<>>
    requires detail::co_await_safe<Method>
    auto request(const Method& method, Token&& token = {}) const {
        return detail::request(handle_.core(), method, std::forward<Token>(token));
    }

    /// Completes with (error, publisher), when there is a connection.
    template <class Token = asio::use_awaitable_t<>>
    auto open_publisher(const publisher_options& options = {}, Token&& token = {}) const;

    /// Completes with (error, consumer), when there is a connection.
    template <class Token = asio::use_awaitable_t<>>
    auto open_consumer(std::string_view queue, const consumer_options& options = {},
                       Token&& token = {}) const;

    /// A channel of the present connection, which ends with it. Completes with (error, channel).
    template <class Token = asio::use_awaitable_t<>>
    auto open_channel(Token&& token = {}) const;

    /// Replaces the present connection's secret before it expires; the next connection asks
    /// `credentials_provider`. Completes with (error).
    template <class Token = asio::use_awaitable_t<>>
    auto update_secret(std::string_view new_secret, std::string_view reason,
                       Token&& token = {}) const;

    /// Closes in good order and for good. Completes with (error).
    template <class Token = asio::use_awaitable_t<>>
    auto close(Token&& token = {}) const;

    /// Completes with (close_reason) when it has ended for good.
    template <class Token = asio::use_awaitable_t<>>
    auto wait_closed(Token&& token = {}) const;

    const strand& get_executor() const { return handle_.core()->get_strand(); }
    explicit operator bool() const { return static_cast<bool>(handle_); }

  private:
    explicit client(detail::handle<detail::client_core> handle) : handle_(std::move(handle)) {}

    /// Makes the public handle of a core that this client has opened.
    template <class Handle, class Core, class Done>
    static auto hand_over(std::shared_ptr<void> above, Done done) {
        return [done = std::move(done),
                above = std::move(above)](const failure& what, std::shared_ptr<Core> core) mutable {
            done(what, what ? Handle{} : Handle{detail::handle{std::move(core), above}});
        };
    }

    detail::handle<detail::client_core> handle_;
};

template <class Token>
auto client::open(const asio::any_io_executor& executor, const client_options& options,
                  Token&& token) {
    auto core =
        std::make_shared<detail::client_core>(detail::completion_queue::on(executor), options);
    return detail::initiate<client>(
        std::move(core), std::forward<Token>(token),
        [](detail::client_core& self, detail::operation_id operation, auto done) {
            self.start(operation,
                       [done = std::move(done), handle = detail::handle{self.shared_from_this()}](
                           const failure& what) mutable {
                           done(what, what ? client{} : client{std::move(handle)});
                       });
        });
}

template <class Token>
auto client::open_publisher(const publisher_options& options, Token&& token) const {
    return detail::initiate<publisher>(
        handle_.core(), std::forward<Token>(token),
        [options, above = handle_.guard()](detail::client_core& self,
                                           detail::operation_id operation, auto done) mutable {
            self.open_publisher(
                options, operation,
                hand_over<publisher, detail::publisher_core>(std::move(above), std::move(done)));
        });
}

template <class Token>
auto client::open_consumer(std::string_view queue, const consumer_options& options,
                           Token&& token) const {
    return detail::initiate<consumer>(
        handle_.core(), std::forward<Token>(token),
        [queue = std::string{queue}, options, above = handle_.guard()](
            detail::client_core& self, detail::operation_id operation, auto done) mutable {
            self.open_consumer(
                std::move(queue), options, operation,
                hand_over<consumer, detail::consumer_core>(std::move(above), std::move(done)));
        });
}

template <class Token>
auto client::open_channel(Token&& token) const {
    return detail::initiate<channel>(
        handle_.core(), std::forward<Token>(token),
        [above = handle_.guard()](detail::client_core& self, detail::operation_id operation,
                                  auto done) mutable {
            self.open_channel(operation, hand_over<channel, detail::channel_core>(std::move(above),
                                                                                  std::move(done)));
        });
}

template <class Token>
auto client::update_secret(std::string_view new_secret, std::string_view reason,
                           Token&& token) const {
    return detail::initiate<>(
        handle_.core(), std::forward<Token>(token),
        [method = proto::encode_method(spec::connection::update_secret{new_secret, reason})](
            detail::client_core& self, detail::operation_id operation, auto done) mutable {
            self.update_secret(std::move(method), operation, std::move(done));
        });
}

template <class Token>
auto client::close(Token&& token) const {
    return detail::initiate<>(handle_.core(), std::forward<Token>(token),
                              [](detail::client_core& self, detail::operation_id operation,
                                 auto done) { self.close(operation, std::move(done)); });
}

template <class Token>
auto client::wait_closed(Token&& token) const {
    return detail::initiate_value<close_reason>(
        handle_.core(), std::forward<Token>(token),
        [](detail::client_core& self, detail::operation_id operation, auto done) {
            self.wait_closed(operation, [done = std::move(done)](const failure& what) mutable {
                done(what.reason ? *what.reason : close_reason{what.code, {}, false, {}});
            });
        });
}

} // namespace taskwire
