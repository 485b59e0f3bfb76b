#include <support/allocations.hpp>

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> count{0};
std::atomic<std::size_t> total{0};
std::atomic<std::size_t> live{0};
std::atomic<std::size_t> peak{0};

void* allocate_or_null(std::size_t size) noexcept {
    ++count;
    total += size;
    void* place = std::malloc(size == 0 ? 1 : size);
    if (place == nullptr)
        return nullptr;
    const auto now = live += malloc_usable_size(place);
    for (auto before = peak.load(); before < now && !peak.compare_exchange_weak(before, now);) {
    }
    return place;
}

void* allocate(std::size_t size) {
    if (void* place = allocate_or_null(size))
        return place;
    throw std::bad_alloc{};
}

void release(void* place) noexcept {
    live -= malloc_usable_size(place); // 0 of nullptr
    std::free(place);
}

} // namespace

taskwire::test::allocations taskwire::test::allocated() {
    return {count, total, live, peak};
}

void taskwire::test::forget_peak() {
    peak = live.load();
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
