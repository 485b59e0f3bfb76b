#include <taskwire/detail/session.hpp>

#include <chrono>

#include <asio/connect.hpp>

/// From a list of endpoints to a connected socket.
namespace taskwire::detail {

void session::start(operation_id operation, close_callback opened) {
    opened_ = {operation, std::move(opened)};
    if (options_.endpoints.empty())
        return give_up_connecting(asio::error::invalid_argument, "no endpoint is given");
    try_endpoint(0);
}

void session::try_endpoint(std::size_t index) {
    const auto attempt = ++attempt_;
    if (options_.endpoints[index].tls) // never in the clear what was asked to be secret
        return on_connected(index, asio::error::operation_not_supported);
    timer_.expires_after(options_.connect_timeout);
    timer_.async_wait([self = running(), index, attempt](std::error_code fault) {
        if (fault || self->attempt_ != attempt)
            return;
        self->resolver_.cancel();
        std::error_code ignored;
        self->stream_.socket().close(ignored);
        self->on_connected(index, asio::error::timed_out);
    });
    resolve_and_connect(index);
}

void session::resolve_and_connect(std::size_t index) {
    const auto& where = options_.endpoints[index];
    resolver_.async_resolve(
        where.host, std::to_string(where.port),
        [self = running(), index, attempt = attempt_](
            std::error_code fault, const asio::ip::tcp::resolver::results_type& found) {
            if (self->attempt_ != attempt)
                return;
            if (fault)
                return self->on_connected(index, fault);
            asio::async_connect(
                self->stream_.socket(), found,
                [self, index, attempt](std::error_code failed, const asio::ip::tcp::endpoint&) {
                    if (self->attempt_ == attempt)
                        self->on_connected(index, failed);
                });
        });
}

/// The end of the present attempt, one way or the other.
void session::on_connected(std::size_t index, std::error_code fault) {
    ++attempt_;
    if (fault && index + 1 < options_.endpoints.size())
        return try_endpoint(index + 1);
    if (fault)
        return give_up_connecting(fault,
                                  "cannot connect to " + to_string(options_.endpoints[index]));
    connected_ = true;
    std::error_code ignored; // a transport without Nagle's delay to turn off works as well
    stream_.socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
    timer_.cancel();
    armed_for_ = never;
    machine_ = new_machine(); // the handshake's time begins now
    turn();
}

void session::give_up_connecting(std::error_code fault, std::string_view why) {
    machine_.on_lost(fault);
    reason_ =
        std::make_shared<const close_reason>(close_reason{fault, std::string{why}, false, {}});
    drain_events();
    finish();
}

} // namespace taskwire::detail
