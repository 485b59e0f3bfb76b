#pragma once

#include <memory>
#include <string_view>

#include <taskwire/detail/channel_core.hpp>
#include <taskwire/detail/handle.hpp>
#include <taskwire/message.hpp>
#include <taskwire/owned.hpp>
#include <taskwire/settle_result.hpp>

namespace taskwire {

namespace detail {

template <class Method>
struct reply_of {
    using type =
        owned<typename decltype([]<class First, class... Rest>(wire::method_list<First, Rest...>) {
            return std::type_identity<First>{};
        }(typename Method::replies{}))::type>;
    static type read(const proto::event::reply& reply) { return type{reply.arguments}; }
};

template <>
struct reply_of<spec::basic::get> {
    using type = got;
    static type read(const proto::event::reply& reply);
};

/// A request through any core that takes encoded methods. Completes with (error, reply).
template <class Core, class Method, class Token>
auto request(const std::shared_ptr<Core>& core, const Method& method, Token&& token) {
    static_assert(!std::same_as<Method, spec::basic::consume>,
                  "a taskwire::consumer takes deliveries; a bare basic.consume would bring them to "
                  "nobody");
    using result = typename reply_of<Method>::type;
    return initiate<result>(
        core, std::forward<Token>(token),
        [encoded = proto::encode_method(method)](Core& self, operation_id operation,
                                                 auto done) mutable {
            self.request(std::move(encoded), operation,
                         [done = std::move(done)](const failure& what,
                                                  const proto::event::reply* answer) mutable {
                             done(what, what ? result{} : reply_of<Method>::read(*answer));
                         });
        });
}

} // namespace detail

/// What a request completes with: the owned reply; for basic.get a `got`.
template <class Method>
using reply = typename detail::reply_of<Method>::type;

/// A handle on an AMQP channel. Three verbs carry all of the protocol: `request` for methods with
/// a reply, `send` for those without, `publish` for content.
///
/// *Lifetimes*: handles are cheap and share the channel, which closes when the last one is gone.
/// Views in method structs need to live only for the call.
/// *Thread safety*: may be used from any thread.
/// *Errors*: a refusal by the broker closes the channel; the operation then reports its reply code
/// and text, and so does everything that follows.
class channel {
  public:
    channel() = default;
    explicit channel(detail::handle<detail::channel_core> handle) : handle_(std::move(handle)) {}

    /// Completes with (error, reply<Method>). One request of a channel is on the wire at a time;
    /// further ones wait for their turn.
    template <proto::requestable Method, class Token = asio::use_awaitable_t<>>
    requires detail::co_await_safe<Method>
    auto request(const Method& method, Token&& token = {}) const;

    /// Completes with (settle_result) for acknowledgements, once they are queued.
    template <proto::sendable Method, class Token = asio::use_awaitable_t<>>
    requires detail::co_await_safe<Method>
    auto send(const Method& method, Token&& token = {}) const;

    /// Publishes without waiting for a confirm; see `publisher` for that. Completes with (error)
    /// once the message is queued. The arguments need to live only for the call. A body of 16 KiB
    /// or more given as `std::string&&` is not copied; nor is, of a view of 64 KiB or more, what
    /// the socket takes at once, on the strand, with a callback and without TLS.
    template <class Body, class Token = asio::use_awaitable_t<>>
    auto publish(const spec::basic::publish& method, const spec::basic::properties& properties,
                 Body&& body, Token&& token = {}) const;

    /// Completes with (error) when the channel has closed.
    template <class Token = asio::use_awaitable_t<>>
    auto close(Token&& token = {}) const;

    /// Names this channel's incarnation.
    proto::channel_id id() const { return handle_.core()->id(); }
    const strand& get_executor() const { return handle_.core()->get_strand(); }
    explicit operator bool() const { return static_cast<bool>(handle_); }

  private:
    detail::handle<detail::channel_core> handle_;
};

template <proto::requestable Method, class Token>
requires detail::co_await_safe<Method>
auto channel::request(const Method& method, Token&& token) const {
    return detail::request(handle_.core(), method, std::forward<Token>(token));
}

template <proto::sendable Method, class Token>
requires detail::co_await_safe<Method>
auto channel::send(const Method& method, Token&& token) const {
    return detail::initiate_value<settle_result>(
        handle_.core(), std::forward<Token>(token),
        [method](detail::channel_core& self, detail::operation_id, auto done) {
            done(detail::to_settle_result(self.owner().send(self.id(), method)));
        });
}

template <class Body, class Token>
auto channel::publish(const spec::basic::publish& method, const spec::basic::properties& properties,
                      Body&& body, Token&& token) const {
    if constexpr (detail::plain_handler<Token, void(std::error_code)>) {
        if (handle_.core()->queue().on_strand())
            return detail::start_here(
                std::decay_t<Token>{std::forward<Token>(token)}, handle_.core(),
                [&](detail::channel_core& self, detail::operation_id, auto done) {
                    done(self.publish(method, properties, detail::as_body(std::forward<Body>(body)))
                             .code);
                });
    }
    return detail::initiate<>(
        handle_.core(), std::forward<Token>(token),
        [message = detail::outgoing{method, properties, std::string{std::forward<Body>(body)}}](
            detail::channel_core& self, detail::operation_id, auto done) mutable {
            done(self.publish(std::move(message)));
        });
}

template <class Token>
auto channel::close(Token&& token) const {
    return detail::initiate<>(handle_.core(), std::forward<Token>(token),
                              [](detail::channel_core& self, detail::operation_id operation,
                                 auto done) { self.close(operation, std::move(done)); });
}

} // namespace taskwire
