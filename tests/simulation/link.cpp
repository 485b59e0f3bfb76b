#include <simulation/link.hpp>

#include <algorithm>
#include <utility>

namespace taskwire::simulation {

void pipe::write(std::string_view bytes, time_point now) {
    if (mute_ || finished_ || bytes.empty())
        return;
    bytes_.append(bytes);
    constexpr int pieces_max = 6;
    if (roll_.chance(network_.cut_reads))
        for (int i = 1; i < pieces_max && bytes.size() > 1; ++i) {
            const auto most = std::min<std::size_t>(bytes.size() - 1, network_.piece_max);
            const auto size = roll_.between(1, most);
            send(size, now);
            bytes.remove_prefix(size);
        }
    send(bytes.size(), now);
}

void pipe::send(std::size_t size, time_point now) {
    auto at = now + network_.latency;
    if (network_.jitter != duration{0})
        at += roll_.between(duration{0}, network_.jitter);
    last_at_ = std::max(last_at_, at);
    pieces_.push_back({last_at_, size});
}

void pipe::finish(time_point now) {
    if (mute_ || std::exchange(finished_, true))
        return;
    send(0, now);
}

time_point pipe::due() const {
    return pieces_.empty() ? never : std::max(pieces_.front().at, stalled_until_);
}

std::string_view pipe::take() {
    if (taken_ == bytes_.size()) {
        bytes_.clear();
        taken_ = 0;
    }
    const auto size = pieces_.pop_front().size;
    const auto from = std::exchange(taken_, taken_ + size);
    return std::string_view{bytes_}.substr(from, size);
}

void pipe::drop(bool for_good) {
    bytes_.clear();
    taken_ = 0;
    pieces_.clear();
    finished_ = false; // an end that was under way is gone, too
    mute_ = mute_ || for_good;
}

} // namespace taskwire::simulation
