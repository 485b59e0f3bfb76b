#include <support/allocations.hpp>

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> count{0};
std::atomic<std::size_t> total{0};
std::atomic<std::size_t> in_use{0}; ///< as malloc rounds it
std::atomic<std::size_t> peak{0};
std::atomic<std::size_t> size_max{static_cast<std::size_t>(-1)};

void* allocate_or_null(std::size_t size) noexcept {
    ++count;
    total += size;
    if (size > size_max)
        return nullptr;
    void* place = std::malloc(size == 0 ? 1 : size);
    if (place == nullptr)
        return nullptr;
    const auto rounded = malloc_usable_size(place);
    const auto now = in_use.fetch_add(rounded) + rounded;
    auto highest = peak.load();
    while (highest < now && !peak.compare_exchange_weak(highest, now)) {
    }
    return place;
}

void* allocate(std::size_t size) {
    if (void* place = allocate_or_null(size))
        return place;
    throw std::bad_alloc{};
}

void release(void* place) noexcept {
    if (place != nullptr)
        in_use -= malloc_usable_size(place);
    std::free(place);
}

} // namespace

taskwire::test::allocations taskwire::test::allocated() {
    return {count, total};
}

taskwire::test::allocation_limit::allocation_limit(std::size_t bytes) {
    size_max = bytes;
}

taskwire::test::allocation_limit::~allocation_limit() {
    size_max = static_cast<std::size_t>(-1);
}

taskwire::test::peak_growth::peak_growth() : begin_(in_use) {
    peak = begin_;
}

std::size_t taskwire::test::peak_growth::bytes() const {
    return peak - begin_;
}

void* operator new(std::size_t size) {
    return allocate(size);
}
void* operator new[](std::size_t size) {
    return allocate(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return allocate_or_null(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return allocate_or_null(size);
}
void operator delete(void* place) noexcept {
    release(place);
}
void operator delete[](void* place) noexcept {
    release(place);
}
void operator delete(void* place, std::size_t) noexcept {
    release(place);
}
void operator delete[](void* place, std::size_t) noexcept {
    release(place);
}
