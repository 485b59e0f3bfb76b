#include <support/watch.hpp>

#include <doctest/doctest.h>

#include <limits>

#include <support/print.hpp>
#include <taskwire/endian.hpp>

namespace taskwire::test {

void watch::feed(std::string_view bytes) {
    unread_.append(bytes);
    if (!header_seen_) {
        if (unread_.size() < 8)
            return;
        REQUIRE(unread_.substr(0, 8) == std::string("AMQP\0\0\x09\x01", 8));
        unread_.erase(0, 8);
        header_seen_ = true;
        frames_.emplace_back("AMQP 0 0 9 1");
    }
    std::size_t used = 0;
    for (;;) {
        const auto scan = scan_frame(std::string_view{unread_}.substr(used),
                                     {frame_max_ - frame_overhead, frame_max_ - frame_overhead});
        REQUIRE_FALSE(scan.fault);
        if (!scan.complete)
            break;
        frames_.push_back(text_of(scan.found));
        INFO("the client wrote " << frames_.back());
        judge(scan.found);
        used += scan.size;
    }
    unread_.erase(0, used);
}

std::string watch::next() {
    if (frames_.empty())
        return {};
    auto text = std::move(frames_.front());
    frames_.pop_front();
    return text;
}

void watch::judge(const frame& each) {
    REQUIRE_FALSE(close_ok_sent_);
    if (each.type == frame_type::heartbeat) {
        REQUIRE(each.channel == 0);
        REQUIRE(each.payload.empty());
        REQUIRE_FALSE(close_sent_);
        return;
    }
    if (each.type != frame_type::method)
        return judge_content(each);
    REQUIRE(each.payload.size() >= 4);
    const auto packed = wire::load<std::uint32_t>(each.payload.data());
    const method_id id{static_cast<std::uint16_t>(packed >> 16U),
                       static_cast<std::uint16_t>(packed & 0xffffU)};
    if (each.channel == 0)
        return judge_connection(id, each.payload.substr(4));
    judge_channel(each.channel, id);
    auto& due = contents_[each.channel];
    REQUIRE_FALSE(due.header_due);
    REQUIRE(due.body_due == 0);
    due.header_due = id == method_id{60, 40};
}

void watch::judge_connection(method_id id, std::string_view arguments) {
    REQUIRE(id.class_id == 10);
    if (close_sent_)
        REQUIRE(id.method_number == 51);
    if (id.method_number == 50)
        close_sent_ = true;
    if (id.method_number == 51)
        close_ok_sent_ = !close_sent_; // closes that cross: one close-ok for each of theirs
    if (id.method_number == 31) {
        frame_max_ = wire::load<std::uint32_t>(arguments.data() + 2);
        if (frame_max_ == 0)
            frame_max_ = std::numeric_limits<std::uint32_t>::max();
    }
}

void watch::judge_channel(std::uint16_t channel, method_id id) {
    REQUIRE_FALSE(close_sent_);
    REQUIRE(id.class_id != 10);
    auto& place = channels_[channel];
    const bool open = id == method_id{20, 10};
    const bool close = id == method_id{20, 40};
    const bool close_ok = id == method_id{20, 41};
    switch (place) {
    case channel_place::closed:
        REQUIRE(open);
        place = channel_place::open;
        return;
    case channel_place::open:
        REQUIRE_FALSE(open);
        if (close)
            place = channel_place::closing;
        else if (close_ok)
            place = channel_place::closed;
        return;
    case channel_place::closing:
        REQUIRE((open || close_ok));
        if (open)
            place = channel_place::open;
        return;
    }
}

void watch::judge_content(const frame& each) {
    REQUIRE_FALSE(close_sent_);
    REQUIRE(each.channel != 0);
    auto& due = contents_[each.channel];
    if (each.type == frame_type::header) {
        REQUIRE(due.header_due);
        REQUIRE(each.payload.size() >= 14);
        due = {false, wire::load<std::uint64_t>(each.payload.data() + 4)};
    } else {
        REQUIRE_FALSE(due.header_due);
        REQUIRE_FALSE(each.payload.empty());
        REQUIRE(each.payload.size() <= due.body_due);
        due.body_due -= each.payload.size();
    }
}

} // namespace taskwire::test
