#include <support/judge.hpp>

#include <limits>

#include <taskwire/endian.hpp>

namespace taskwire::test {

void client_judge::take_protocol_header() {
    if (greeted_ || unread_.size() < protocol_header.size())
        return;
    hold(unread_.starts_with(protocol_header), "a client begins with its protocol header");
    unread_.erase(0, protocol_header.size());
    greeted_ = true;
}

frame_scan client_judge::next() const {
    if (!greeted_)
        return {};
    const auto payload_max = frame_max_ - frame_overhead;
    auto scan = scan_frame(std::string_view{unread_}.substr(used_), {payload_max, payload_max});
    hold(!scan.fault, "a client writes whole frames of the negotiated size");
    return scan;
}

void client_judge::judge(const frame& each) {
    hold(!close_ok_sent_, "nothing follows connection.close-ok");
    if (each.type == frame_type::heartbeat) {
        hold(each.channel == 0 && each.payload.empty(), "a heartbeat is empty, on channel 0");
        return hold(!close_sent_, "no heartbeat follows connection.close");
    }
    if (each.type != frame_type::method)
        return judge_content(each);
    hold(each.payload.size() >= 4, "a method has its id");
    const auto packed = wire::load<std::uint32_t>(each.payload.data());
    const method_id id{static_cast<std::uint16_t>(packed >> 16U),
                       static_cast<std::uint16_t>(packed & 0xffffU)};
    if (each.channel == 0)
        return judge_connection(id, each.payload.substr(4));
    judge_channel(each.channel, id);
    auto& due = contents_[each.channel];
    hold(!due.header_due && due.body_due == 0, "no method interrupts a publish of its channel");
    due.header_due = id == spec::basic::publish::id;
}

void client_judge::judge_connection(method_id id, std::string_view arguments) {
    namespace c = spec::connection;
    hold(id.class_id == c::close::id.class_id, "channel 0 carries class connection only");
    hold(!close_sent_ || id == c::close_ok::id, "only close-ok follows connection.close");
    if (id == c::close::id)
        close_sent_ = true;
    if (id == c::close_ok::id)
        close_ok_sent_ = !close_sent_; // closes that cross: one close-ok for each of theirs
    if (id == c::tune_ok::id) {
        frame_max_ = wire::load<std::uint32_t>(arguments.data() + 2);
        if (frame_max_ == 0)
            frame_max_ = std::numeric_limits<std::uint32_t>::max();
    }
}

void client_judge::judge_channel(std::uint16_t channel, method_id id) {
    namespace ch = spec::channel;
    hold(!close_sent_, "no channel's method follows connection.close");
    hold(id.class_id != spec::connection::close::id.class_id,
         "class connection is for channel 0 only");
    auto& place = channels_[channel];
    const bool open = id == ch::open::id;
    switch (place) {
    case channel_place::closed:
        hold(open, "only channel.open goes out on a channel that is not open");
        place = channel_place::open;
        return;
    case channel_place::open:
        hold(!open, "an open channel is not opened again");
        if (id == ch::close::id)
            place = channel_place::closing;
        else if (id == ch::close_ok::id)
            place = channel_place::closed;
        return;
    case channel_place::closing:
        hold(open || id == ch::close_ok::id, "only close-ok follows channel.close");
        if (open)
            place = channel_place::open;
        return;
    }
}

void client_judge::judge_content(const frame& each) {
    hold(!close_sent_, "no content follows connection.close");
    hold(each.channel != 0, "channel 0 carries no content");
    auto& due = contents_[each.channel];
    if (each.type == frame_type::header) {
        hold(due.header_due && each.payload.size() >= content_header_fixed_size + 2,
             "a header follows its publish");
        due = {false, wire::load<std::uint64_t>(each.payload.data() + 4)};
    } else {
        hold(!due.header_due && !each.payload.empty() && each.payload.size() <= due.body_due,
             "bodies add up to what the header says");
        due.body_due -= each.payload.size();
    }
}

void event_judge::asked(proto::request_id request) {
    hold(waiting_.insert(request).second, "a request's number is used once");
}

void event_judge::opened(proto::channel_id where) {
    if (where.number != 0)
        hold(channels_.emplace(where.epoch, false).second, "an epoch is used once");
}

void event_judge::note(const proto::any_event& event) {
    namespace e = proto::event;
    const auto* failed = std::get_if<e::failed>(&event);
    // only requests made after the end still fail
    hold(!closed_ || failed != nullptr, "closed is the last event");
    if (failed != nullptr) {
        hold(bool{failed->code}, "a failure says why");
        hold(waiting_.erase(failed->request) == 1, "a request ends once");
    } else if (const auto* reply = std::get_if<e::reply>(&event)) {
        hold(waiting_.erase(reply->request) == 1, "a request ends once");
        note_channel(reply->channel);
    } else if (const auto* delivery = std::get_if<e::delivery>(&event)) {
        note_channel(delivery->channel);
    } else if (const auto* returned = std::get_if<e::returned>(&event)) {
        note_channel(returned->channel);
    } else if (const auto* settled = std::get_if<e::settled>(&event)) {
        note_channel(settled->channel);
        hold(settled->first <= settled->last, "a settled range is not empty");
    } else if (const auto* cancelled = std::get_if<e::consumer_cancelled>(&event)) {
        note_channel(cancelled->channel);
    } else if (const auto* flow = std::get_if<e::flow>(&event)) {
        note_channel(flow->channel);
    } else if (const auto* ended = std::get_if<e::channel_closed>(&event)) {
        note_channel(ended->channel);
        channels_[ended->channel.epoch] = true;
    } else if (std::holds_alternative<e::closed>(event)) {
        closed_ = true;
        end();
    }
}

/// A numbered channel that is told of was opened and has not ended.
void event_judge::note_channel(proto::channel_id where) const {
    if (where.number == 0)
        return;
    const auto found = channels_.find(where.epoch);
    hold(found != channels_.end(), "only a channel that was opened is told of");
    hold(!found->second, "channel_closed is a channel's last event");
}

void event_judge::drained(const proto::connection& machine) const {
    using proto::connection_state;
    const bool closed = machine.state() == connection_state::closed;
    hold(closed == closed_, "closed is a state and an event");
    if (closed)
        hold(machine.deadline() == never, "nothing is due once closed");
    else if (machine.state() != connection_state::open || machine.heartbeat().count() != 0 ||
             !waiting_.empty())
        hold(machine.deadline() != never, "what is awaited has a deadline");
}

void event_judge::end() const {
    hold(closed_, "the connection ends");
    hold(waiting_.empty(), "by the end every request has ended");
    for (const auto& [epoch, ended] : channels_)
        hold(ended, "by the end every channel has ended");
}

} // namespace taskwire::test
