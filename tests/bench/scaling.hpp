#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <support/allocations.hpp>
#include <taskwire/wire.hpp>

namespace taskwire::bench {

/// What a run has cost.
struct cost {
    double cpu_us = 0;      ///< a message; of all threads of this process
    double allocations = 0; ///< a message
    double bytes_per_entity = 0;
};

/// CPU time, allocations and memory from its construction on; one at a time.
class meter {
  public:
    meter();
    /// Puts in what each of `messages` has cost so far.
    void divide(std::size_t messages, cost& into) const;
    /// Memory at its highest, for each of so many.
    double bytes_per(std::size_t entities) const;

  private:
    test::peak_growth memory_;
    test::allocations allocated_;
    double cpu_us_;
};

/// How much dearer the many may be. Times are generous: caches are finite, the machine is shared.
struct bounds {
    double time_ratio = 0;
    double allocations = 0; ///< a message, however many entities
    double bytes = 0;       ///< an entity, however many
};

/// Measures few and many in turn, prints what each has cost and holds that to the bounds.
void compare(const char* what, std::size_t few, std::size_t many, const bounds& limits,
             const std::function<cost(std::size_t)>& measure);

/// taskwire-bench-sink; it ends with this.
class sink_process {
  public:
    explicit sink_process(std::vector<std::string> options);
    sink_process(const sink_process&) = delete;
    sink_process& operator=(const sink_process&) = delete;
    ~sink_process();

    std::uint16_t port() const { return port_; }

  private:
    pid_t process_ = 0;
    int input_ = -1;
    int output_ = -1;
    std::uint16_t port_ = 0;
};

/// A method's arguments.
template <class Method>
std::string encode(const Method& method) {
    std::string result(wire::measure(method).size, '\0');
    wire::encode(result.data(), method);
    return result;
}

} // namespace taskwire::bench
