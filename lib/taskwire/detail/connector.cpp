#include <taskwire/detail/connector.hpp>

#include <asio/connect.hpp>

#include <taskwire/error.hpp>

namespace taskwire::detail {

connector::connector(const strand& executor, endpoint where, const connect_options& options,
                     done_callback done)
    : strand_(executor),
      where_(std::move(where)),
      tls_options_(options.tls),
      timeout_(options.connect_timeout),
      done_(std::move(done)),
      resolver_(executor),
      socket_(executor),
      timer_(executor) {}

void connector::start() {
    timer_.expires_after(timeout_);
    timer_.async_wait([self = shared_from_this()](std::error_code fault) {
        if (!fault && self->done_)
            self->on_timeout();
    });
    resolver_.async_resolve(
        where_.host, std::to_string(where_.port),
        [self = shared_from_this()](std::error_code fault,
                                    const asio::ip::tcp::resolver::results_type& found) {
            if (!self->done_)
                return;
            if (fault)
                return self->fail(fault);
            self->connect(found);
        });
}

void connector::connect(const asio::ip::tcp::resolver::results_type& found) {
    stage_ = stage::connecting;
    asio::async_connect(
        socket_, found,
        [self = shared_from_this()](std::error_code fault, const asio::ip::tcp::endpoint&) {
            if (!self->done_)
                return;
            if (fault)
                return self->fail(fault);
            std::error_code ignored; // a transport without Nagle's delay to turn off works as well
            self->socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
            if (self->where_.tls)
                return self->secure();
            self->finish({}, stream{std::move(self->socket_)});
        });
}

void connector::secure() {
    stage_ = stage::securing;
    diagnosis why;
    secured_ = tls_stream::create(std::move(socket_), tls_options_, where_.host, why);
    if (!secured_)
        return finish(why, stream{strand_});
    secured_->async_handshake([self = shared_from_this()](const diagnosis& fault) {
        if (!self->done_)
            return;
        if (!fault)
            return self->finish({}, stream{std::move(self->secured_)});
        // The address, and what is known about it.
        const auto text = fault.text.empty() ? std::string{} : ": " + fault.text;
        if (fault.code.category() == taskwire_category())
            self->finish({fault.code, to_string(self->where_) + text}, stream{self->strand_});
        else
            self->finish({errc::tls_failed, to_string(self->where_) +
                                                " hung up in the TLS handshake (" +
                                                fault.code.message() + ")"},
                         stream{self->strand_});
    });
}

void connector::on_timeout() {
    if (stage_ != stage::securing)
        return fail(asio::error::timed_out);
    finish({errc::handshake_timed_out, to_string(where_) + " did not finish the TLS handshake"},
           stream{strand_});
}

void connector::fail(std::error_code fault) {
    finish({fault, "cannot connect to " + to_string(where_)}, stream{strand_});
}

void connector::finish(const diagnosis& fault, stream opened) {
    auto done = std::move(done_);
    release();
    done(fault, std::move(opened));
}

void connector::cancel() {
    done_ = {};
    release();
}

/// Lets go of all that this attempt still has under way.
void connector::release() {
    timer_.cancel();
    resolver_.cancel();
    stream::close(socket_);
    if (secured_)
        secured_->close();
}

} // namespace taskwire::detail
