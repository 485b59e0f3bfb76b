#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <taskwire/connect_options.hpp>
#include <taskwire/failure.hpp>
#include <taskwire/proto/recovery.hpp>

namespace taskwire {

/// What a `client` tells of its connection while it lives.
namespace client_event {

/// The connection is gone; it will be opened again. Where it will not, the client ends instead.
struct lost {
    close_reason why;
};

/// An attempt failed; the next one comes after a pause.
struct waiting {
    close_reason why;                  ///< the last attempt's end
    std::chrono::milliseconds pause{}; ///< until the next one
};

/// A new connection is open, with what could be restored on it.
struct recovered {
    /// An exchange, a queue or a binding that the broker refused, or a consumer whose queue it did.
    struct failure {
        std::string what; ///< "queue.declare jobs", "basic.consume jobs"
        close_reason why;
    };
    struct renamed_queue {
        std::string from;
        std::string to;
    };
    std::size_t restored = 0; ///< of exchanges, queues and bindings
    std::size_t publishers = 0;
    std::size_t consumers = 0;
    std::vector<failure> failures;
    std::vector<renamed_queue> renamed; ///< queues to which the broker gives their names
    std::chrono::milliseconds outage{}; ///< from the loss until now
    std::string endpoint;               ///< "host:port"
};

} // namespace client_event

using any_client_event =
    std::variant<client_event::lost, client_event::waiting, client_event::recovered>;

/// What a `client` needs to know.
class client_options {
  public:
    client_options() = default;

    /// From one URI, or several separated by commas; see `connect_options::from_uri`.
    static client_options from_uri(std::string_view uris) {
        client_options result;
        result.connect = connect_options::from_uri(uris);
        return result;
    }

    connect_options connect;
    /// When to try again, and for how long; `endpoint_count` is filled in.
    proto::recovery_options recovery;
    /// Called on the client's strand, in order with what completes there: a delivery of the lost
    /// connection comes before `lost`, never after it. Must not throw.
    std::function<void(const any_client_event&)> on_event;
    /// Seeds the pauses' jitter; nothing: at random.
    std::optional<std::uint64_t> seed;
};

} // namespace taskwire
