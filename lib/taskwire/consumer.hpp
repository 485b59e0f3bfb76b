#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <taskwire/connection.hpp>
#include <taskwire/detail/consumer_core.hpp>

namespace taskwire {

/// Takes messages from a queue, on a channel of its own.
///
/// On the connection's strand `co_await next()` goes on at once while deliveries wait, and so does
/// `co_await ack()`; a loop of both still lets go of the strand every few milliseconds, so that
/// what it acknowledged leaves. *Lifetimes*: handles are cheap and share the consumer's channel,
/// which closes when the last one is gone: deliveries that were not settled by then are delivered
/// again. *Thread safety*: may be used from any thread. *Errors*: `next` fails with
/// errc::consumer_cancelled when the broker ended the consumer (queue deleted, leader lost), and
/// with the close reason's code when the channel died.
class consumer {
  public:
    consumer() = default;

    /// Opens a channel, sets the prefetch and consumes. Completes with (error, consumer).
    template <class Token = asio::use_awaitable_t<>>
    static auto open(const connection& on, std::string_view queue,
                     const consumer_options& options = {}, Token&& token = {});

    /// Completes with (error, delivery).
    template <class Token = asio::use_awaitable_t<>>
    auto next(Token&& token = {}) const;

    /// Settles a delivery. Completes with (settle_result): an acknowledgement never reaches another
    /// delivery than its own, nor a channel that has closed.
    template <class Token = asio::use_awaitable_t<>>
    auto ack(delivery_id which, Token&& token = {}) const {
        return settle(which, spec::basic::ack{which.delivery_tag}, std::forward<Token>(token));
    }
    /// Also settles all deliveries of the same channel that came before it.
    template <class Token = asio::use_awaitable_t<>>
    auto ack_up_to(delivery_id which, Token&& token = {}) const {
        return settle(which, spec::basic::ack{which.delivery_tag, true},
                      std::forward<Token>(token));
    }
    /// Hands a delivery back (`requeue`) or gives it up; does not count as a failed attempt.
    template <class Token = asio::use_awaitable_t<>>
    auto nack(delivery_id which, bool requeue, Token&& token = {}) const {
        return settle(which, spec::basic::nack{which.delivery_tag, false, requeue},
                      std::forward<Token>(token));
    }
    template <class Token = asio::use_awaitable_t<>>
    auto reject(delivery_id which, bool requeue, Token&& token = {}) const {
        return settle(which, spec::basic::reject{which.delivery_tag, requeue},
                      std::forward<Token>(token));
    }

    /// basic.cancel: no further deliveries; those that came can be taken and settled. Completes
    /// with (error).
    template <class Token = asio::use_awaitable_t<>>
    auto cancel(Token&& token = {}) const;

    /// Closes the channel; what is not settled goes back to the queue. Completes with (error).
    template <class Token = asio::use_awaitable_t<>>
    auto close(Token&& token = {}) const {
        return detail::initiate<>(handle_.core(), std::forward<Token>(token),
                                  [](detail::consumer_core& self, detail::operation_id operation,
                                     auto done) { self.close(operation, std::move(done)); });
    }

    /// A request on the consumer's channel, answered behind the deliveries that were sent before.
    /// Completes with (error, reply<Method>).
    template <proto::requestable Method, class Token = asio::use_awaitable_t<>>
    requires detail::co_await_safe<Method>
    auto request(const Method& method, Token&& token = {}) const {
        return detail::request(handle_.core(), method, std::forward<Token>(token));
    }

    const strand& get_executor() const { return handle_.core()->get_strand(); }
    explicit operator bool() const { return static_cast<bool>(handle_); }

    explicit consumer(detail::handle<detail::consumer_core> handle) : handle_(std::move(handle)) {}

  private:
    template <class Method, class Token>
    auto settle(delivery_id which, const Method& method, Token&& token) const {
        if constexpr (detail::is_plain_awaitable<Token>)
            return detail::settle(handle_.core(), which.channel, method);
        else
            return detail::initiate_value<settle_result>(
                handle_.core(), std::forward<Token>(token),
                [method, where = which.channel](detail::consumer_core& self, detail::operation_id,
                                                auto done) {
                    done(detail::to_settle_result(self.settle(where, method)));
                });
    }

    detail::handle<detail::consumer_core> handle_;
};

template <class Token>
auto consumer::open(const connection& on, std::string_view queue, const consumer_options& options,
                    Token&& token) {
    return detail::initiate<consumer>(
        on.shared().core(), std::forward<Token>(token),
        [above = on.shared().guard(), options, queue = std::string{queue}](
            detail::session& self, detail::operation_id operation, auto done) {
            detail::open_consumer(
                self, queue, options, operation,
                [done = std::move(done),
                 above](const failure& what, std::shared_ptr<detail::consumer_core> core) mutable {
                    done(what,
                         what ? consumer{} : consumer{detail::handle{std::move(core), above}});
                });
        });
}

template <class Token>
auto consumer::next(Token&& token) const {
    if constexpr (detail::is_plain_awaitable<Token>)
        return detail::wait_next(handle_.core());
    else
        return detail::initiate<delivery>(handle_.core(), std::forward<Token>(token),
                                          [](detail::consumer_core& self,
                                             detail::operation_id operation,
                                             auto done) { self.next(operation, std::move(done)); });
}

template <class Token>
auto consumer::cancel(Token&& token) const {
    return detail::initiate<>(handle_.core(), std::forward<Token>(token),
                              [](detail::consumer_core& self, detail::operation_id operation,
                                 auto done) { self.stop(operation, std::move(done)); });
}

} // namespace taskwire
