#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include <support/judge.hpp>
#include <taskwire/proto/connection.hpp>

#include "input.hpp"

namespace taskwire::fuzz {

/// A machine with its owner, who asks for anything at any time, and the rules that hold whatever
/// the peer sends: those of support/judge.hpp, and
/// - a publish is settled once, a delivery acknowledged once, on their own channel's incarnation;
/// - polling allocates no more than the options allow to buffer;
/// - connection.close is queued before a violation is reported;
/// - a deadline that was kept does not come again at once;
/// - all that an event shows can be read, and keeps to its limits.
class conversation {
  public:
    /// What a peer wants to know of.
    struct listener {
        std::function<void(const frame&)> wrote;
        std::function<void(const proto::any_event&)> told;
    };

    conversation() : conversation({[](const frame&) {}, [](const proto::any_event&) {}}) {}
    explicit conversation(listener peer);

    void receive(std::string_view bytes);
    /// One wish of the owner, or what happens to him. Takes what it needs from `in`.
    void command(std::uint8_t what, input& in);
    /// The transport is lost: everything ends.
    void finish();
    bool closed() const { return events_.closed(); }

    static constexpr std::uint8_t command_count = 12;
    static constexpr std::size_t message_size_max = std::size_t{16} * 1024;
    static constexpr std::size_t header_size_max = std::size_t{16} * 1024;
    static constexpr std::uint16_t channel_max = 6;

  private:
    /// What the owner knows of a channel's tags.
    struct tags {
        proto::channel_id where;
        std::set<std::uint64_t> unconfirmed;
        std::set<std::uint64_t> unacknowledged;
        bool transactional = false; ///< then only the broker knows what is settled
    };

    void open_channel();
    void request(input& in, std::span<const spec::method_info> methods);
    void publish(input& in);
    void publish_many(input& in);
    template <class Publish>
    void publish(proto::channel_id where, Publish&& publish);
    void settle(input& in);
    template <class Method>
    void settle(proto::channel_id where, const Method& method, bool multiple);
    void pass(std::uint8_t amount);
    void drain();
    void write();
    void check_body(const frame& written);
    const proto::any_event* poll();
    void note(const proto::any_event& event);
    void note_settled(const proto::event::settled& what);
    void note_delivery(proto::channel_id where, std::uint64_t tag, const proto::content& message);
    proto::channel_id pick(std::uint8_t which) const;

    listener peer_;
    time_point now_{};
    proto::connection machine_;
    test::client_judge bytes_;
    test::event_judge events_;
    std::vector<proto::channel_id> channels_;
    std::map<std::uint64_t, tags> tags_;           ///< by epoch
    std::map<std::uint16_t, std::size_t> body_at_; ///< bytes of it that were written, by channel
    std::size_t write_max_ = 0;                    ///< bytes a write takes; 0: all
    bool stalled_ = false;                         ///< the socket takes nothing
    bool was_open_ = false;
    bool close_said_ = false; ///< connection.close was queued
};

} // namespace taskwire::fuzz
