#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <support/script.hpp>

#include "capture.hpp"

namespace taskwire::test {

/// Tells a captured session as a script: what the real client did becomes a command, what it wrote
/// for it is what our machine must write, what the broker wrote is fed as it was, and what the
/// machine must report follows from the broker's frames.
///
/// Ours need not say the same bytes: properties of the client, texts of closes, reserved bits and
/// the size of body frames are each client's own. Everything else is compared.
class retelling {
  public:
    explicit retelling(const capture& session);

    const script& told() const { return script_; }

  private:
    struct channel {
        std::uint64_t epoch = 0;
        std::uint64_t request = 0; ///< the one under way
        bool closing = false;      ///< by the client
        bool confirming = false;
        std::uint64_t published = 0;
        std::set<std::uint64_t> unconfirmed;
    };
    /// A message of either side, as far as it has come.
    struct message {
        spec::any_method method;
        std::string text; ///< of the method
        spec::basic::properties properties;
        std::uint64_t size = 0;
        std::string body;
    };

    void client_frame(const captured_frame& each);
    void client_method(std::uint16_t number, const spec::any_method& method);
    void publish(std::uint16_t number, const message& sent);
    void server_frame(const captured_frame& each);
    void server_method(std::uint16_t number, const spec::any_method& method);
    void report_message(std::uint16_t number, const message& received);
    void report_confirm(std::uint16_t number, std::uint64_t tag, bool multiple, bool nacked);
    void report_channel_end(std::uint16_t number, std::error_code code, const std::string& reason);
    void report_end(const spec::connection::close& method);

    proto::channel_id id_of(std::uint16_t number) const;
    std::string name_of(std::uint16_t number) const;

    script script_;
    std::map<std::uint16_t, channel> channels_{{0, {}}}; ///< open ones by number; 0: connection
    std::map<std::uint16_t, message> from_client_;
    std::map<std::uint16_t, message> from_server_;
    std::string text_; ///< of the frame that is told
    std::uint64_t epochs_ = 0;
    std::uint64_t requests_ = 0;
    std::size_t frame_max_;
    std::chrono::seconds heartbeat_;
    bool tuned_ = false;
};

} // namespace taskwire::test
