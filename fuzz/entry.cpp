#include <pthread.h>

#include <cstdint>
#include <semaphore>

#include <support/allocations.hpp>

#include "target.hpp"

namespace {

using taskwire::test::hold;

/// A thread with a small stack that runs one input after another: a new one for each would take
/// longer than most inputs.
class small_stack {
  public:
    small_stack() {
        pthread_attr_t small{};
        pthread_t thread{};
        hold(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, size) == 0 &&
                 pthread_create(&thread, &small, work, this) == 0 && pthread_detach(thread) == 0 &&
                 pthread_attr_destroy(&small) == 0,
             "a thread starts");
    }

    void run(std::string_view bytes) {
        bytes_ = bytes;
        begin_.release();
        end_.acquire();
    }

  private:
    static constexpr std::size_t size = std::size_t{256} * 1024;

    static void* work(void* self) {
        for (auto& mine = *static_cast<small_stack*>(self);; mine.end_.release()) {
            mine.begin_.acquire();
            measured(mine.bytes_);
        }
    }

    static void measured(std::string_view bytes) {
        const auto& fuzzed = taskwire::fuzz::fuzzed;
        const taskwire::test::peak_growth memory;
        fuzzed.run(taskwire::fuzz::input{bytes});
        const auto used = memory.bytes();
        hold(used <= fuzzed.heap_fixed + bytes.size() * fuzzed.heap_per_byte,
             "memory is bounded by the input");
    }

    std::string_view bytes_;
    std::binary_semaphore begin_{0};
    std::binary_semaphore end_{0};
};

} // namespace

/// Runs the target on a small stack and a measured heap. A broken rule is an exception that nobody
/// catches, hence a crash that the fuzzer keeps.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static auto& stack = *new small_stack; // its thread ends with the program
    stack.run({reinterpret_cast<const char*>(data), size});
    return 0;
}
