#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace taskwire::proto {

/// A FIFO with access by index that allocates only when it outgrows its largest size so far.
///
/// std::deque frees and allocates a block every few elements as it moves along; this does not.
template <class T>
class ring {
  public:
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }

    T& operator[](std::size_t index) { return slots_[(first_ + index) & (slots_.size() - 1)]; }
    const T& operator[](std::size_t index) const {
        return slots_[(first_ + index) & (slots_.size() - 1)];
    }
    T& front() { return (*this)[0]; }
    const T& front() const { return (*this)[0]; }
    T& back() { return (*this)[size_ - 1]; }
    const T& back() const { return (*this)[size_ - 1]; }

    void push_back(T value) {
        if (size_ == slots_.size())
            grow();
        slots_[(first_ + size_) & (slots_.size() - 1)] = std::move(value);
        ++size_;
    }

    /// One more element at the end, to be filled in place.
    T& extend() {
        if (size_ == slots_.size())
            grow();
        return slots_[(first_ + size_++) & (slots_.size() - 1)];
    }

    /// Removes the front one where it stands.
    void drop_front() {
        slots_[first_] = T{};
        first_ = (first_ + 1) & (slots_.size() - 1);
        --size_;
    }

    T pop_front() {
        T value = std::exchange(slots_[first_], T{});
        first_ = (first_ + 1) & (slots_.size() - 1);
        --size_;
        return value;
    }

    void pop_back() {
        back() = T{};
        --size_;
    }

    void clear() {
        while (!empty())
            pop_front();
    }

  private:
    void grow() {
        std::vector<T> larger(slots_.empty() ? 4 : slots_.size() * 2);
        for (std::size_t i = 0; i < size_; ++i)
            larger[i] = std::move((*this)[i]);
        slots_ = std::move(larger);
        first_ = 0;
    }

    std::vector<T> slots_; ///< a power of two of them
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

} // namespace taskwire::proto
