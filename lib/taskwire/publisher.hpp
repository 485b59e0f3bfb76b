#pragma once

#include <memory>
#include <string>

#include <taskwire/connection.hpp>
#include <taskwire/detail/publisher_core.hpp>

namespace taskwire {

/// Publishes with confirms: every message ends in one of the five ways of `publish_outcome`.
///
/// The window bounds what is unconfirmed, in messages and bytes; above it, and while the broker
/// blocks publishers, messages wait. To publish many at a time, await `ready()` and call `publish`
/// with a callback, or run several coroutines. On the connection's strand that is fast: such a
/// publish is encoded where it leaves from, and `co_await ready()` goes on at once below the
/// window. A mandatory message carries the header "taskwire-sequence" in front of its own ones: a
/// basic.return has no tag, and this is how it finds its publish.
/// *Lifetimes*: handles are cheap and share the publisher's channel, which closes when the last one
/// is gone and every message has its outcome; the connection lives until then.
/// *Thread safety*: may be used from any thread.
class publisher {
  public:
    publisher() = default;

    /// Opens a channel in confirm mode. Completes with (error, publisher).
    template <class Token = asio::use_awaitable_t<>>
    static auto open(const connection& on, const publisher_options& options = {},
                     Token&& token = {});

    /// Completes with (publish_outcome). The arguments need to live only for the call. A body of
    /// 16 KiB or more given as `std::string&&` is not copied. Nor is, of a view of 64 KiB or more,
    /// what the socket takes at once, if it could leave at once: on the strand, with a callback,
    /// below the window, without TLS, and not to be published again after a loss.
    template <class Body, class Token = asio::use_awaitable_t<>>
    auto publish(const spec::basic::publish& method, const spec::basic::properties& properties,
                 Body&& body, Token&& token = {}) const;

    /// Completes with (error) as soon as the next message would leave at once.
    template <class Token = asio::use_awaitable_t<>>
    auto ready(Token&& token = {}) const;

    /// Completes with (error) when every message has its outcome.
    template <class Token = asio::use_awaitable_t<>>
    auto drain(Token&& token = {}) const;

    /// Drains, then closes the channel. Completes with (error).
    template <class Token = asio::use_awaitable_t<>>
    auto close(Token&& token = {}) const;

    const strand& get_executor() const { return handle_.core()->get_strand(); }
    explicit operator bool() const { return static_cast<bool>(handle_); }

    explicit publisher(detail::handle<detail::publisher_core> handle)
        : handle_(std::move(handle)) {}

  private:
    template <class Body, class Handler>
    void publish_here(const spec::basic::publish& method, const spec::basic::properties& properties,
                      Body&& body, Handler handler) const;

    template <class Token, class Member>
    auto wait(Token&& token, Member member) const {
        return detail::initiate<>(
            handle_.core(), std::forward<Token>(token),
            [member](detail::publisher_core& self, detail::operation_id operation, auto done) {
                (self.*member)(operation, std::move(done));
            });
    }

    detail::handle<detail::publisher_core> handle_;
};

template <class Token>
auto publisher::open(const connection& on, const publisher_options& options, Token&& token) {
    return detail::initiate<publisher>(
        on.shared().core(), std::forward<Token>(token),
        [above = on.shared().guard(), options](detail::session& self,
                                               detail::operation_id operation, auto done) {
            detail::open_publisher(
                self, options, operation,
                [done = std::move(done),
                 above](const failure& what, std::shared_ptr<detail::publisher_core> core) mutable {
                    done(what,
                         what ? publisher{} : publisher{detail::handle{std::move(core), above}});
                });
        });
}

template <class Body, class Token>
auto publisher::publish(const spec::basic::publish& method,
                        const spec::basic::properties& properties, Body&& body,
                        Token&& token) const {
    if constexpr (detail::plain_handler<Token, void(publish_outcome)>) {
        if (handle_.core()->queue().on_strand())
            return publish_here(method, properties, detail::as_body(std::forward<Body>(body)),
                                std::decay_t<Token>{std::forward<Token>(token)});
    }
    return detail::initiate_value<publish_outcome>(
        handle_.core(), std::forward<Token>(token),
        [message = detail::outgoing{method, properties, std::string{std::forward<Body>(body)}}](
            detail::publisher_core& self, detail::operation_id operation, auto done) mutable {
            self.publish(std::move(message), operation, std::move(done));
        });
}

/// A call on the strand, with a handler: what it is given lives long enough to be sent from.
template <class Body, class Handler>
void publisher::publish_here(const spec::basic::publish& method,
                             const spec::basic::properties& properties, Body&& body,
                             Handler handler) const {
    detail::start_here(
        std::move(handler), handle_.core(),
        [&](detail::publisher_core& self, detail::operation_id operation, auto done) {
            if (self.sends_once() && self.admits(body.size()))
                self.send(method, properties, std::forward<Body>(body), operation, std::move(done));
            else
                self.publish({method, properties, std::string{std::forward<Body>(body)}}, operation,
                             std::move(done));
        });
}

template <class Token>
auto publisher::ready(Token&& token) const {
    if constexpr (detail::is_plain_awaitable<Token>)
        return detail::wait_ready(handle_.core());
    else
        return wait(std::forward<Token>(token), &detail::publisher_core::ready);
}

template <class Token>
auto publisher::drain(Token&& token) const {
    return wait(std::forward<Token>(token), &detail::publisher_core::drain);
}

template <class Token>
auto publisher::close(Token&& token) const {
    return wait(std::forward<Token>(token), &detail::publisher_core::close);
}

} // namespace taskwire
