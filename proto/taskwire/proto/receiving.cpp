#include <algorithm>
#include <utility>

#include <taskwire/proto/connection.hpp>

/// Bytes on their way in. Of large bodies the rest of a frame that has begun is received right into
/// the body's memory.
namespace taskwire::proto {

namespace {

/// Smaller frames are waited for in the input buffer: what a copy of them costs is not worth it.
constexpr std::size_t bulk_payload_min_most = std::size_t{16} * 1024;
constexpr std::size_t bulk_payload_min_least = 16;
/// Behind a large frame: its end octet, the head of the next frame, and small frames in between.
/// More would be bytes of the next body, which belong elsewhere.
constexpr std::size_t input_behind_bulk_max = 4096;

} // namespace

std::span<const std::span<char>> connection::inputs() {
    bulk_.offered = 0;
    if (bulk_.active && input_.unread().empty())
        bulk_.offered = std::min(bulk_.missing, bulk_.body.capacity() - bulk_.body.size());
    if (bulk_.offered == 0) {
        inputs_[0] = input_.prepare();
        return std::span{inputs_}.first(1);
    }
    inputs_[0] = {bulk_.body.prepare(bulk_.offered), bulk_.offered};
    if (bulk_.offered < bulk_.missing)
        return std::span{inputs_}.first(1);
    const auto behind = input_.prepare();
    inputs_[1] = behind.first(std::min(behind.size(), input_behind_bulk_max));
    return inputs_;
}

void connection::received(std::size_t size, time_point now) {
    now_ = now;
    last_received_ = now;
    const auto direct = std::min(size, std::exchange(bulk_.offered, 0));
    if (bulk_.active) {
        bulk_.body.commit(direct);
        bulk_.missing -= direct;
    }
    input_.commit(size - direct);
    if (state_ == connection_state::closed)
        input_.clear();
}

/// Opens the incomplete frame in front when it is a large part of a body, and only if it would be
/// taken as soon as it is whole; all else is judged then.
bool connection::begin_bulk() {
    const auto unread = input_.unread();
    if (state_ != connection_state::open || unread.size() < frame_head_size ||
        static_cast<unsigned char>(unread.front()) != spec::frame_body)
        return false;
    const auto payload_size_min =
        std::clamp(options_.input_buffer_size / 4, bulk_payload_min_least, bulk_payload_min_most);
    const std::size_t payload_size = wire::load<std::uint32_t>(unread.data() + 3);
    const auto number = wire::load<std::uint16_t>(unread.data() + 1);
    auto* where = number < channels_.size() ? channels_[number].get() : nullptr;
    if (payload_size < payload_size_min || where == nullptr || !where->accepts_commands() ||
        !where->incoming.admits_body(payload_size) ||
        where->incoming.body_size() + unread.size() < payload_size_min + frame_head_size)
        return false; // the last: no memory for what is merely announced
    input_.consume(frame_head_size);
    bulk_ = {where->id, where->incoming.lend_body(), payload_size, payload_size, 0, true};
    return true;
}

/// Whose the large frame is; nullptr once nobody wants it any more, and nobody will again.
channel* connection::bulk_receiver() const {
    auto* where = find(bulk_.channel);
    const bool wanted =
        where != nullptr && where->accepts_commands() && state_ == connection_state::open;
    return wanted ? where : nullptr;
}

/// Takes what is there of the frame; true when that was all.
bool connection::continue_bulk() {
    const auto unread = input_.unread();
    const auto here = std::min(bulk_.missing, unread.size());
    if (bulk_.offered == 0) { // else a read may be under way into this very memory
        if (const auto* where = bulk_receiver()) {
            const auto needed = bulk_.body.size() + here + (bulk_.missing > here ? 1 : 0);
            if (needed > bulk_.body.capacity())
                bulk_.body.reserve(where->incoming.room_for(needed));
            bulk_.body.append(unread.substr(0, here));
        } else {
            bulk_.body = {}; // the rest of the frame passes through the input buffer
        }
        bulk_.missing -= here;
        input_.consume(here);
    }
    if (bulk_.missing != 0 || input_.unread().empty())
        return false;
    if (static_cast<unsigned char>(input_.unread().front()) != spec::frame_end) {
        frame_scan scan;
        scan.fault = errc::bad_frame_end;
        out_of_step(scan);
        return true;
    }
    input_.consume(1);
    end_bulk();
    return true;
}

/// The frame is whole. Its channel may have been closed by us meanwhile.
void connection::end_bulk() {
    bulk_.active = false;
    auto body = std::exchange(bulk_.body, {});
    auto* where = bulk_receiver();
    if (where == nullptr)
        return;
    where->incoming.add_lent_body(std::move(body), bulk_.payload_size);
    if (where->incoming.complete())
        on_content(*where);
}

} // namespace taskwire::proto
