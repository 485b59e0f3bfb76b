#pragma once

#include <doctest/doctest.h>

#include <future>
#include <string>
#include <string_view>
#include <utility>

#include <taskwire/publisher.hpp>

#include "client.hpp"

namespace taskwire::test {

/// A client with a publisher, connected to a server which the test plays.
class publishing : public connected {
  public:
    explicit publishing(const publisher_options& limits = {},
                        const connect_options& options = options_for(0))
        : connected({}, options), to(open(limits)) {}

    std::future<publish_outcome> publish(std::string body, bool mandatory = false) {
        return to.publish({.routing_key = "q", .mandatory = mandatory}, {}, std::move(body),
                          use_future);
    }

    /// The next thing on the wire must be the message with this body.
    void expect(std::string_view body) { CHECK(far.expect_message().body == body); }

    publisher to;

  private:
    publisher open(const publisher_options& limits) {
        auto opening = publisher::open(near, limits, use_future);
        far.open_channel();
        far.expect<spec::confirm::select>();
        far.send(1, spec::confirm::select_ok{});
        return take(std::move(opening));
    }
};

} // namespace taskwire::test
