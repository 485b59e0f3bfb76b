#include <support/world.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include <support/print.hpp>

namespace taskwire::test {
namespace {

constexpr time_point beginning{std::chrono::hours{1}};

} // namespace

world::world(const proto::connection_options& options, std::size_t write_size_max)
    : machine(options, beginning), now(beginning), write_size_max_(write_size_max) {
    drain();
}

void world::receive(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto room = machine.input();
        REQUIRE_FALSE(room.empty());
        const auto part = std::min(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), part);
        machine.received(part, now);
        bytes.remove_prefix(part);
        drain();
    }
}

void world::pass(duration time) {
    const auto end = now + time;
    while (machine.deadline() <= end) {
        now = std::max(now, machine.deadline());
        machine.on_deadline(now);
        drain();
        REQUIRE(machine.deadline() > now); // else its owner would spin
    }
    now = end;
    machine.on_deadline(now); // a timer that fires too early does no harm
    drain();
}

void world::lose(std::error_code why) {
    machine.on_lost(why);
    drain();
}

void world::drain() {
    while (const auto* event = machine.poll())
        note(*event);
    REQUIRE(machine.poll() == nullptr);
    while (!machine.output().empty()) {
        std::string bytes;
        for (const auto piece : machine.output())
            bytes.append(piece);
        REQUIRE_FALSE(bytes.empty());
        if (write_size_max_ != 0)
            bytes.resize(std::min(bytes.size(), write_size_max_));
        watch_.feed(bytes);
        machine.sent(bytes.size(), now);
    }
    REQUIRE(machine.queued_bytes() == 0);
    judge_deadline();
}

void world::judge_deadline() const {
    using proto::connection_state;
    if (machine.state() == connection_state::closed) {
        REQUIRE(machine.deadline() == never);
        return;
    }
    if (machine.state() != connection_state::open || machine.heartbeat().count() != 0 ||
        !waiting_.empty())
        REQUIRE(machine.deadline() != never);
}

proto::channel_id world::open() {
    const auto [channel, request] = machine.open_channel(now);
    asked(request);
    if (channel.number != 0) {
        REQUIRE_FALSE(channels_.contains(channel.epoch));
        channels_[channel.epoch] = false;
    }
    return channel;
}

proto::request_id world::asked(proto::request_id request) {
    REQUIRE(waiting_.insert(request).second);
    return request;
}

std::string world::next_event() {
    if (events_.empty())
        return {};
    auto text = std::move(events_.front());
    events_.pop_front();
    return text;
}

void world::note(const proto::any_event& event) {
    namespace e = proto::event;
    const auto text = text_of(event);
    INFO("the machine reported " << text);
    if (const auto* failed = std::get_if<e::failed>(&event)) {
        REQUIRE(failed->code);
        REQUIRE(waiting_.erase(failed->request) == 1);
    } else {
        REQUIRE_FALSE(closed_); // only requests made after the end still fail
    }
    if (const auto* reply = std::get_if<e::reply>(&event)) {
        REQUIRE(waiting_.erase(reply->request) == 1);
        note_channel(reply->channel);
    } else if (const auto* delivery = std::get_if<e::delivery>(&event)) {
        note_channel(delivery->channel);
    } else if (const auto* returned = std::get_if<e::returned>(&event)) {
        note_channel(returned->channel);
    } else if (const auto* settled = std::get_if<e::settled>(&event)) {
        note_channel(settled->channel);
        REQUIRE(settled->first <= settled->last);
    } else if (const auto* cancelled = std::get_if<e::consumer_cancelled>(&event)) {
        note_channel(cancelled->channel);
    } else if (const auto* flow = std::get_if<e::flow>(&event)) {
        note_channel(flow->channel);
    } else if (const auto* ended = std::get_if<e::channel_closed>(&event)) {
        note_channel(ended->channel);
        channels_[ended->channel.epoch] = true;
    } else if (std::holds_alternative<e::closed>(event)) {
        REQUIRE(machine.state() == proto::connection_state::closed);
        closed_ = true;
        judge_end();
    }
    events_.push_back(text);
}

/// A numbered channel that is told of was opened and has not ended.
void world::note_channel(proto::channel_id where) {
    if (where.number == 0)
        return;
    REQUIRE(channels_.contains(where.epoch));
    REQUIRE_FALSE(channels_[where.epoch]);
}

void world::judge_end() {
    REQUIRE(closed_);
    REQUIRE(waiting_.empty());
    for (const auto& [epoch, ended] : channels_) {
        CAPTURE(epoch);
        REQUIRE(ended);
    }
}

} // namespace taskwire::test
