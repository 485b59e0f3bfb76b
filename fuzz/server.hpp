#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "conversation.hpp"
#include "input.hpp"

namespace taskwire::fuzz {

/// The broker's side of a conversation: it remembers what it was asked, so that what it says is
/// mostly legal and deep states are reached.
///
/// While it is honest, having sent nothing but what a broker may send, the client has no reason to
/// complain: it must not close the connection or a channel for a fault.
class server {
  public:
    server();

    /// Greets the client as it should, or lets it wait: the input may say all of it itself.
    void greet(input& in);
    /// Does one thing. Takes what it needs from `in`.
    void act(std::uint8_t what, input& in);
    conversation& client() { return client_; }

    static constexpr std::uint8_t act_count = 16;

  private:
    struct confirmation {
        std::uint64_t tag = 0;
        bool multiple = false;
        bool nacked = false;
    };
    struct channel {
        std::deque<method_id> asked;       ///< requests, in order
        std::deque<std::string> frames;    ///< of a message that was begun
        std::uint64_t published = 0;       ///< in confirm mode
        std::deque<confirmation> confirms; ///< that were sent
        std::uint64_t next_tag = 1;
        bool confirming = false;
        bool closing = false;      ///< either side has closed it
        bool close_ok_due = false; ///< by us
        bool closed_by_us = false; ///< and close-ok is due by the client
    };

    // what the client writes
    void hear(const frame& in);
    void hear_connection(method_id id, std::string_view arguments);
    void hear_channel(std::uint16_t number, method_id id, std::string_view arguments);
    static bool is_fault(std::string_view close_arguments);
    void check(const proto::any_event& event);
    void check_settled(const proto::event::settled& what);

    // what the server says
    void answer(input& in);
    void reply(std::uint16_t number, method_id asked, input& in);
    template <class Reply>
    std::string encode_reply(std::uint16_t number, input& in);
    void deliver(input& in);
    void give_back(input& in);
    void confirm(input& in);
    void cancel(input& in);
    void flow(input& in);
    void close_channel(input& in);
    void any_method(input& in);
    void finish_message(channel& where);
    static std::string body(std::uint64_t tag, std::size_t size);
    template <class Method>
    void say(std::uint16_t number, const Method& method);
    void emit(std::string bytes);
    channel* pick(std::uint8_t which, std::uint16_t& number);

    bool honest_ = true;
    bool close_ok_due_ = false; ///< the client closes the connection
    std::map<std::uint16_t, channel> channels_;
    std::string held_;       ///< bytes on their way to the client
    std::uint8_t chunk_ = 0; ///< size of its reads; 0: all at once, 255: nothing for now
    std::uint8_t spoil_at_ = 0;
    std::uint8_t spoil_with_ = 0; ///< what the next frame's octet is changed by
    conversation client_;         ///< last: it speaks to us at once
};

} // namespace taskwire::fuzz
