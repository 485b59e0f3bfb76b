#pragma once

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <taskwire/proto/connection.hpp>

#include "input.hpp"

namespace taskwire::fuzz {

/// A machine under test with the invariants that hold whatever the peer sends.
class conversation {
  public:
    conversation() : machine_(options(), now_) { drain(); }

    void receive(std::string_view bytes) {
        while (!bytes.empty() && !closed_) {
            const auto room = machine_.input();
            expect(!room.empty());
            const auto part = bytes.substr(0, room.size());
            std::copy(part.begin(), part.end(), room.begin());
            machine_.received(part.size(), now_);
            bytes.remove_prefix(part.size());
            drain();
        }
    }

    void command(std::uint8_t what, std::uint8_t argument) {
        switch (what % 9) {
        case 0:
            open_channel();
            break;
        case 1:
            machine_.close(now_);
            break;
        case 2:
            machine_.close_channel(some(argument), now_);
            break;
        case 3:
            pass(std::chrono::seconds{argument});
            break;
        case 4:
            ask(machine_.request(some(argument), spec::confirm::select{}, now_));
            break;
        case 5:
            ask(machine_.request(some(argument), spec::basic::consume{.queue = "q"}, now_));
            break;
        case 6:
            ask(machine_.request(some(argument), spec::basic::get{.queue = "q"}, now_));
            break;
        case 7:
            machine_.publish(some(argument), {.routing_key = "q", .mandatory = argument % 2 == 0},
                             {}, std::string(std::size_t{argument} * 100, 'x'));
            break;
        default:
            machine_.send(some(argument), spec::basic::ack{argument, (argument & 1U) != 0});
            break;
        }
        drain();
    }

    void finish() {
        machine_.on_lost(std::make_error_code(std::errc::connection_reset));
        drain();
        expect(closed_ && awaited_.empty() && machine_.deadline() == never);
    }

  private:
    static proto::connection_options options() {
        proto::connection_options result;
        result.message_size_max = 4096;
        result.header_size_max = 4096;
        result.input_buffer_size = 64;
        result.unsent_replies_max = 100;
        return result;
    }

    void open_channel() {
        const auto opened = machine_.open_channel(now_);
        ask(opened.request);
        if (opened.channel.number != 0)
            channels_.push_back(opened.channel);
    }

    void ask(proto::request_id request) { expect(awaited_.insert(request).second); }
    proto::channel_id some(std::uint8_t argument) const {
        return channels_.empty() ? proto::channel_id{} : channels_[argument % channels_.size()];
    }

    void pass(std::chrono::seconds time) {
        now_ += time;
        machine_.on_deadline(now_);
    }

    void drain() {
        while (const auto* event = machine_.poll()) {
            // closed is the last one, but for the failures of what was asked afterwards
            expect(!closed_ || std::holds_alternative<proto::event::failed>(*event));
            if (const auto* reply = std::get_if<proto::event::reply>(event))
                expect(awaited_.erase(reply->request) == 1);
            else if (const auto* failed = std::get_if<proto::event::failed>(event))
                expect(awaited_.erase(failed->request) == 1);
            else if (const auto* delivery = std::get_if<proto::event::delivery>(event))
                expect(delivery->message->body.size() <= 4096);
            closed_ = closed_ || std::holds_alternative<proto::event::closed>(*event);
        }
        std::size_t size = 0;
        for (const auto piece : machine_.output())
            size += piece.size();
        if (size != 0)
            machine_.sent(size, now_);
        expect(closed_ == (machine_.state() == proto::connection_state::closed));
        expect(closed_ || machine_.deadline() != never || machine_.heartbeat().count() == 0);
    }

    time_point now_{};
    proto::connection machine_;
    std::vector<proto::channel_id> channels_;
    std::set<proto::request_id> awaited_;
    bool closed_ = false;
};

} // namespace taskwire::fuzz
