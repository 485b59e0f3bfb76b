#include <taskwire/detail/session.hpp>

#include <taskwire/detail/connector.hpp>

/// From a list of endpoints to a login.
namespace taskwire::detail {

void session::start(operation_id operation, close_callback opened) {
    opened_ = {operation, std::move(opened)};
    if (options_.endpoints.empty())
        return give_up_connecting(asio::error::invalid_argument, "no endpoint is given");
    try_endpoint(0);
}

void session::try_endpoint(std::size_t index) {
    const auto attempt = std::make_shared<connector>(
        get_strand(), options_.endpoints[index], options_,
        [self = running(), index](const diagnosis& fault, stream opened) {
            self->on_attempted(index, fault, std::move(opened));
        });
    attempt_ = attempt;
    attempt->start();
}

void session::on_attempted(std::size_t index, const diagnosis& fault, stream opened) {
    if (finished_)
        return;
    if (fault && index + 1 < options_.endpoints.size())
        return try_endpoint(index + 1);
    if (fault)
        return give_up_connecting(fault.code, fault.text);
    stream_ = std::move(opened);
    log_in();
}

void session::log_in() {
    if (const auto& ask = options_.credentials_provider)
        if (const auto fault = ask(options_.protocol.credentials))
            return give_up_connecting(fault, "there are no credentials to log in with");
    connected_ = true;
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

void session::stop_connecting() {
    if (const auto attempt = attempt_.lock())
        attempt->cancel();
}

} // namespace taskwire::detail
