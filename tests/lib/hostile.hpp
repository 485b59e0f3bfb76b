#pragma once

#include <chrono>
#include <string>
#include <system_error>

#include <taskwire/consumer.hpp>
#include <taskwire/publisher.hpp>

#include <support/allocations.hpp>
#include <support/frames.hpp>

#include "client.hpp"

namespace taskwire::test {

/// How a connection ended, how soon, and what that cost.
struct ending {
    std::error_code code;
    std::string text;
    std::chrono::steady_clock::duration took{};
    std::size_t memory = 0; ///< bytes, at the peak
};

/// Lets a client connect to a server that does `attack`, which must not let it in.
template <class Attack>
ending end_of_handshake(std::chrono::milliseconds deadline, Attack attack) {
    client_thread client;
    server listener;
    auto options = options_for(listener.port());
    options.protocol.handshake_timeout = deadline;
    const peak_growth memory;
    const auto begin = std::chrono::steady_clock::now();
    auto opening = connection::connect(client.executor(), options, use_future);
    auto far = listener.accept();
    attack(far);
    const auto what = failure_of(std::move(opening));
    ending result{what.code(), what.what(), std::chrono::steady_clock::now() - begin,
                  memory.bytes()};
    if (!client.ended())
        throw std::runtime_error{"the client goes on"};
    return result;
}

/// A client with a consumer on channel 1 and a publisher on channel 2, and a server that has been
/// honest so far.
class trusting : public connected {
  public:
    explicit trusting(const consumer_options& how = {}, connect_options options = options_for(0))
        : connected(tune{}, std::move(options)) {
        auto consuming = consumer::open(near, "jobs", how, use_future);
        far.open_channel();
        far.expect<spec::basic::qos>();
        far.send(1, spec::basic::qos_ok{});
        far.expect<spec::basic::consume>();
        far.send(1, spec::basic::consume_ok{"c"});
        from = take(std::move(consuming));
        auto publishing = publisher::open(near, {}, use_future);
        far.open_channel();
        far.expect<spec::confirm::select>();
        far.send(2, spec::confirm::select_ok{});
        to = take(std::move(publishing));
    }

    /// The connection works as before: a message is confirmed, with the tag that comes next.
    void expect_healthy(std::uint64_t tag = 1) {
        auto publishing = to.publish({.routing_key = "q"}, {}, "still here", use_future);
        far.expect_message();
        far.send(2, spec::basic::ack{tag, false});
        if (!take(std::move(publishing)).confirmed())
            throw unexpected{"the message is not confirmed"};
    }

    consumer from;
    publisher to;
};

/// A delivery to the consumer of `trusting`.
inline std::string delivery_of(std::uint64_t tag, std::string_view body,
                               std::string_view consumer = "c",
                               const spec::basic::properties& properties = {}) {
    return message(1, spec::basic::deliver{consumer, tag, false, "", "jobs"}, body, properties,
                   100'000);
}

} // namespace taskwire::test
