#include <taskwire/proto/buffers.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

namespace taskwire::proto {

namespace {
/// What an idle buffer may keep for its next use.
constexpr std::size_t kept_size_max = std::size_t{1} << 20U;
/// What a queue keeps of its blocks for copies: what a fast socket has under way.
constexpr std::size_t spare_size_max = std::size_t{4} << 20U;

bool lies_in(std::string_view whole, std::string_view piece) {
    const std::less<> before;
    return !before(piece.data(), whole.data()) && before(piece.data(), whole.data() + whole.size());
}
} // namespace

void byte_buffer::grow(std::size_t size) {
    move_to(std::max({size_ + size, capacity_ * 2, std::size_t{4096}}));
}

void byte_buffer::reserve(std::size_t capacity) {
    if (capacity > capacity_)
        move_to(capacity);
}

void byte_buffer::move_to(std::size_t capacity) {
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ != 0)
        std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
}

std::unique_ptr<char[]> byte_buffer::release() {
    size_ = capacity_ = 0;
    return std::move(bytes_);
}

void byte_buffer::append(std::string_view bytes) {
    if (bytes.empty())
        return;
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
}

void byte_buffer::shrink_above(std::size_t bytes) {
    if (size_ == 0 && capacity_ > bytes) {
        bytes_.reset();
        capacity_ = 0;
    }
}

std::span<char> input_buffer::prepare() {
    if (begin_ == end_) {
        begin_ = end_ = 0;
    } else if (begin_ != 0) {
        std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == bytes_.size())
        bytes_.resize(bytes_.empty() ? initial_size_ : bytes_.size() * 2);
    return {bytes_.data() + end_, bytes_.size() - end_};
}

std::string_view output_queue::adopt(std::string body) {
    return collecting_.bodies.emplace_back(std::move(body));
}

/// Visits the pieces of the lent body, the last first, and says whose they are. It was queued last
/// and as a whole: either all of them are laid out, each before the end of its frame, or none is.
template <class Use>
output_queue::half& output_queue::visit_lent(std::string_view lent, Use&& use) {
    auto end = pieces_.size();
    for (; end >= first_piece_ + 2 && lies_in(lent, pieces_[end - 2]); end -= 2)
        use(pieces_[end - 2]);
    if (end != pieces_.size())
        return writing_;
    auto& splices = collecting_.splices;
    for (auto each = splices.rbegin(); each != splices.rend() && lies_in(lent, each->piece); ++each)
        use(each->piece);
    return collecting_;
}

/// What is left of it is its end. The block has room for all of it, to serve the next.
void output_queue::copy_lent() {
    const auto lent = std::exchange(lent_, {});
    std::size_t left = 0;
    auto& owner = visit_lent(lent, [&](std::string_view piece) { left += piece.size(); });
    if (left == 0)
        return;
    const auto rest = lent.substr(lent.size() - left);
    auto& block = owner.copies.emplace_back(take_block(lent.size()));
    block.append(rest);
    visit_lent(lent, [&](std::string_view& piece) {
        piece =
            block.view().substr(static_cast<std::size_t>(piece.data() - rest.data()), piece.size());
    });
}

/// An empty one that holds `size` bytes.
byte_buffer output_queue::take_block(std::size_t size) {
    byte_buffer block;
    if (!spare_.empty()) {
        spare_size_ -= spare_.back().capacity();
        if (spare_.back().capacity() >= size)
            block = std::move(spare_.back());
        spare_.pop_back(); // one that is too small makes room for its successor
    }
    block.reserve(size);
    return block;
}

void output_queue::append_adopted(std::string_view piece) {
    collecting_.splices.push_back({collecting_.bytes.size(), piece});
    collecting_.spliced_size += piece.size();
}

std::span<const std::string_view> output_queue::front() {
    if (abandoned_)
        return {};
    if (first_piece_ == pieces_.size()) {
        if (collecting_.size() == 0)
            return {};
        clear(writing_);
        std::swap(writing_, collecting_);
        lay_out();
    }
    return std::span{pieces_}.subspan(first_piece_);
}

void output_queue::sent(std::size_t size) {
    if (abandoned_)
        return;
    sent_ += size;
    while (size != 0) {
        auto& piece = pieces_[first_piece_];
        const auto part = std::min(size, piece.size());
        piece.remove_prefix(part);
        size -= part;
        if (piece.empty())
            ++first_piece_;
    }
    if (first_piece_ == pieces_.size()) {
        clear(writing_);
        pieces_.clear();
        first_piece_ = 0;
        sent_ = 0;
    }
}

void output_queue::abandon() {
    abandoned_ = true;
    lent_ = {};
    clear(collecting_);
}

void output_queue::clear(half& which) {
    which.bytes.clear();
    which.bytes.shrink_above(kept_size_max);
    which.splices.clear();
    which.bodies.clear();
    for (auto& block : which.copies) {
        if (abandoned_ || block.capacity() > spare_size_max - spare_size_)
            continue;
        block.clear();
        spare_size_ += block.capacity();
        spare_.push_back(std::move(block));
    }
    which.copies.clear();
    which.spliced_size = 0;
}

void output_queue::lay_out() {
    pieces_.clear();
    first_piece_ = 0;
    sent_ = 0;
    std::size_t from = 0;
    const auto bytes = writing_.bytes.view();
    for (const auto& each : writing_.splices) {
        if (each.at != from)
            pieces_.push_back(bytes.substr(from, each.at - from));
        pieces_.push_back(each.piece);
        from = each.at;
    }
    if (from != bytes.size())
        pieces_.push_back(bytes.substr(from));
}

} // namespace taskwire::proto
