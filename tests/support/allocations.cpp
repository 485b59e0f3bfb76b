#include <support/allocations.hpp>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> count{0};
std::atomic<std::size_t> total{0};

void* allocate(std::size_t size) {
    ++count;
    total += size;
    if (void* place = std::malloc(size == 0 ? 1 : size))
        return place;
    throw std::bad_alloc{};
}

} // namespace

taskwire::test::allocations taskwire::test::allocated() {
    return {count, total};
}

void* operator new(std::size_t size) {
    return allocate(size);
}
void* operator new[](std::size_t size) {
    return allocate(size);
}
void operator delete(void* place) noexcept {
    std::free(place);
}
void operator delete[](void* place) noexcept {
    std::free(place);
}
void operator delete(void* place, std::size_t) noexcept {
    std::free(place);
}
void operator delete[](void* place, std::size_t) noexcept {
    std::free(place);
}
