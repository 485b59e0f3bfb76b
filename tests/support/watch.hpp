#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include <taskwire/frame.hpp>

namespace taskwire::test {

/// What a server would say about the bytes that a client writes: it turns them into text and
/// fails the test when they break one of the rules that hold in every state.
///
/// The rules: no frame exceeds the negotiated size; a publish is not interrupted on its channel;
/// only channel.open goes out on a channel that is not open; after channel.close only close-ok
/// does; after connection.close only close-ok does, after its close-ok nothing.
class watch {
  public:
    void feed(std::string_view bytes);
    /// The next frame as text; empty when there is none.
    std::string next();
    bool empty() const { return frames_.empty(); }
    /// True when a frame has begun and is not complete.
    bool inside_frame() const { return !unread_.empty(); }

  private:
    enum class channel_place { closed, open, closing };
    struct content {
        bool header_due = false;
        std::uint64_t body_due = 0;
    };

    void judge(const frame& each);
    void judge_connection(method_id id, std::string_view arguments);
    void judge_channel(std::uint16_t channel, method_id id);
    void judge_content(const frame& each);

    std::string unread_;
    bool header_seen_ = false;
    bool close_sent_ = false;
    bool close_ok_sent_ = false;
    std::size_t frame_max_ = 8192;
    std::map<std::uint16_t, channel_place> channels_;
    std::map<std::uint16_t, content> contents_;
    std::deque<std::string> frames_;
};

} // namespace taskwire::test
