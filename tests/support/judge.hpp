#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include <taskwire/frame.hpp>
#include <taskwire/proto/connection.hpp>

/// The rules that hold always, stated once for tests and fuzzers.
namespace taskwire::test {

/// A rule was broken: an exception that a test reports and a fuzzer dies of.
class broken_rule : public std::logic_error {
    using std::logic_error::logic_error;
};

inline void hold(bool holds, const char* rule) {
    if (!holds)
        throw broken_rule{rule};
}

/// What a server would say about the bytes that a client writes.
///
/// The rules: no frame exceeds the negotiated size; a publish is not interrupted on its channel;
/// only channel.open goes out on a channel that is not open; after channel.close only close-ok
/// does; after connection.close only close-ok does, after its close-ok nothing.
class client_judge {
  public:
    /// Calls `each` for every frame that has become complete, then judges it.
    template <class Each>
    void feed(std::string_view bytes, Each&& each) {
        unread_.append(bytes);
        take_protocol_header();
        for (auto scan = next(); scan.complete; scan = next()) {
            used_ += scan.size;
            each(scan.found);
            judge(scan.found);
        }
        unread_.erase(0, used_);
        used_ = 0;
    }
    /// True once the protocol header was there.
    bool greeted() const { return greeted_; }
    /// True when a frame has begun and is not complete.
    bool inside_frame() const { return !unread_.empty(); }
    bool close_sent() const { return close_sent_; }

  private:
    enum class channel_place { closed, open, closing };
    struct content {
        bool header_due = false;
        std::uint64_t body_due = 0;
    };

    void take_protocol_header();
    frame_scan next() const;
    void judge(const frame& each);
    void judge_connection(method_id id, std::string_view arguments);
    void judge_channel(std::uint16_t channel, method_id id);
    void judge_content(const frame& each);

    std::string unread_;
    std::size_t used_ = 0; ///< of `unread_`, while frames are handed out
    bool greeted_ = false;
    bool close_sent_ = false;
    bool close_ok_sent_ = false;
    std::size_t frame_max_ = 8192;
    std::map<std::uint16_t, channel_place> channels_;
    std::map<std::uint16_t, content> contents_;
};

/// What a machine's owner would say about its events and deadlines.
///
/// The rules: a request ends once; `channel_closed` is a channel's last event, `closed` the
/// connection's, and by then every request and channel has ended; a deadline is set whenever
/// something is awaited.
class event_judge {
  public:
    void asked(proto::request_id request);
    void opened(proto::channel_id where);
    void note(const proto::any_event& event);
    /// To be called once `poll` has nothing more.
    void drained(const proto::connection& machine) const;
    void end() const;
    bool closed() const { return closed_; }

  private:
    void note_channel(proto::channel_id where) const;

    std::set<proto::request_id> waiting_;    ///< requests without an outcome
    std::map<std::uint64_t, bool> channels_; ///< by epoch; true: channel_closed was reported
    bool closed_ = false;
};

} // namespace taskwire::test
