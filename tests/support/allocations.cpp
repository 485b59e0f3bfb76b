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

void* allocate(std::size_t size) {
    ++count;
    total += size;
    void* place = std::malloc(size == 0 ? 1 : size);
    if (place == nullptr)
        throw std::bad_alloc{};
    const auto now = live += malloc_usable_size(place);
    for (auto before = peak.load(); before < now && !peak.compare_exchange_weak(before, now);) {
    }
    return place;
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
