#include <taskwire/proto/buffers.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace taskwire::proto {

namespace {
/// What an idle buffer may keep for its next use.
constexpr std::size_t kept_size_max = std::size_t{1} << 20U;
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
        writing_.clear();
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
        writing_.clear();
        pieces_.clear();
        first_piece_ = 0;
        sent_ = 0;
    }
}

void output_queue::abandon() {
    collecting_.clear();
    abandoned_ = true;
}

void output_queue::half::clear() {
    bytes.clear();
    bytes.shrink_above(kept_size_max);
    splices.clear();
    bodies.clear();
    spliced_size = 0;
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
