#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskwire::proto {

/// Bytes that grow at the end, uninitialised until written.
class byte_buffer {
  public:
    byte_buffer() = default;
    /// What was moved from is empty, and can be used.
    byte_buffer(byte_buffer&& other) noexcept { swap(other); }
    byte_buffer& operator=(byte_buffer&& other) noexcept {
        byte_buffer taken{std::move(other)};
        swap(taken);
        return *this;
    }

    /// Room for `size` bytes behind what is there; the pointer lives until the next call.
    char* prepare(std::size_t size) {
        if (capacity_ - size_ < size)
            grow(size);
        return bytes_.get() + size_;
    }
    void commit(std::size_t size) { size_ += size; }
    void append(std::string_view bytes);
    /// Makes the whole at least `capacity` bytes large, and not larger when that is growth.
    void reserve(std::size_t capacity);
    /// Hands the memory over; what remains is empty.
    std::unique_ptr<char[]> release();

    const char* data() const { return bytes_.get(); }
    char* data() { return bytes_.get(); }
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    bool empty() const { return size_ == 0; }
    std::string_view view() const { return {bytes_.get(), size_}; }
    void clear() { size_ = 0; }
    /// Gives memory above `bytes` back; only when empty.
    void shrink_above(std::size_t bytes);

  private:
    void swap(byte_buffer& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }
    void grow(std::size_t size);
    void move_to(std::size_t capacity);

    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// Received bytes that were not consumed yet.
///
/// It doubles only when it is full of bytes that really came, so a length that the peer merely
/// announces costs nothing.
/// *Lifetimes*: `unread()` lives until the next `prepare()`.
class input_buffer {
  public:
    explicit input_buffer(std::size_t initial_size) : initial_size_(initial_size) {}

    /// Where to read to; never empty.
    std::span<char> prepare();
    void commit(std::size_t size) { end_ += size; }

    std::string_view unread() const { return {bytes_.data() + begin_, end_ - begin_}; }
    void consume(std::size_t size) { begin_ += size; }
    void clear() { begin_ = end_ = 0; }

  private:
    std::vector<char> bytes_;
    std::size_t initial_size_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// Bytes to be written, in two halves: one is with the socket, the other collects.
///
/// Whatever is queued while a write is under way leaves together with the next. Small pieces are
/// copied into one run of bytes; bodies of `gather_size_min` and more that are handed over stay
/// where they are and are gathered by the write. One that is lent is copied when it has to be kept:
/// what the socket took at once never is. Copies of such bodies stand in blocks of their own, which
/// are used again: memory that is new each time costs more than the copy.
/// *Lifetimes*: what `front()` returned stays in place until all of it was `sent`, but for a lent
/// body, the pieces of which `keep_lent` replaces.
class output_queue {
  public:
    static constexpr std::size_t gather_size_min = std::size_t{16} * 1024;

    /// Room for `size` bytes at the end; `commit` what was used.
    char* prepare(std::size_t size) { return collecting_.bytes.prepare(size); }
    void commit(std::size_t size) { collecting_.bytes.commit(size); }

    /// Keeps a body alive until the bytes queued since have been written.
    std::string_view adopt(std::string body);
    /// A body that is the caller's until `keep_lent`: one at a time.
    std::string_view lend(std::string_view body) { return lent_ = body; }
    /// Copies what is queued of the lent body, in the place of which the copy is now.
    void keep_lent() {
        if (!lent_.empty())
            copy_lent();
    }
    /// Queues a piece of an adopted or lent body as it is.
    void append_adopted(std::string_view piece);

    bool empty() const { return queued() == 0; }
    /// Bytes that were queued and not sent yet.
    std::size_t queued() const {
        return abandoned_ ? 0 : collecting_.size() + writing_.size() - sent_;
    }

    /// The pieces to write now, in order; empty when there is nothing.
    std::span<const std::string_view> front();
    /// `size` bytes of `front()` were written.
    void sent(std::size_t size);
    /// Nothing is to be written any more. What `front()` returned stays in place all the same:
    /// a socket may still be reading it.
    void abandon();

  private:
    struct splice {
        std::size_t at; ///< position in `bytes` before which the piece belongs
        std::string_view piece;
    };
    struct half {
        byte_buffer bytes;
        std::vector<splice> splices;
        std::vector<std::string> bodies;
        std::vector<byte_buffer> copies;
        std::size_t spliced_size = 0;

        std::size_t size() const { return bytes.size() + spliced_size; }
    };

    template <class Use>
    half& visit_lent(std::string_view lent, Use&& use);
    void copy_lent();
    byte_buffer take_block(std::size_t size);
    void clear(half& which);
    void lay_out();

    half collecting_;
    half writing_;
    std::string_view lent_;
    std::vector<byte_buffer> spare_;       ///< blocks for the next copies
    std::size_t spare_size_ = 0;           ///< bytes of them
    std::vector<std::string_view> pieces_; ///< of writing_, what is sent removed
    std::size_t first_piece_ = 0;
    std::size_t sent_ = 0;
    bool abandoned_ = false;
};

} // namespace taskwire::proto
