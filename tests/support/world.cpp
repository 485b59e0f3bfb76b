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
    judge_.drained(machine);
}

proto::channel_id world::open() {
    const auto [channel, request] = machine.open_channel(now);
    asked(request);
    judge_.opened(channel);
    return channel;
}

proto::request_id world::asked(proto::request_id request) {
    judge_.asked(request);
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
    events_.push_back(text_of(event));
    INFO("the machine reported " << events_.back());
    judge_.note(event);
}

} // namespace taskwire::test
