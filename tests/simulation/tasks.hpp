#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <simulation/basics.hpp>

namespace taskwire::simulation {

/// What the application knows of its tasks, numbered from 1.
struct task_book {
    explicit task_book(std::uint32_t count) : tasks(count + 1) {}

    struct task {
        std::uint32_t body_size = 0;
        std::uint32_t published = 0;        ///< times it was handed to a machine
        std::uint32_t delivered_afresh = 0; ///< times it came without the redelivered flag
        std::uint32_t worked = 0;
        bool confirmed = false;
    };
    std::vector<task> tasks; ///< number 0 is unused
    std::uint32_t confirmed = 0;
    std::uint32_t worked = 0; ///< tasks that were worked at least once

    bool all_confirmed() const { return confirmed + 1 == tasks.size(); }
    bool all_worked() const { return worked + 1 == tasks.size(); }
};

/// A body that nobody confuses with another task's.
inline std::string body_of(std::uint32_t task, std::uint32_t size) {
    std::string body(size, '\0');
    for (std::uint32_t i = 0; i < size; ++i)
        body[i] = static_cast<char>('a' + (task * 7 + i) % 26);
    return body;
}

inline bool is_body_of(std::string_view body, std::uint32_t task, std::uint32_t size) {
    if (body.size() != size)
        return false;
    for (std::uint32_t i = 0; i < size; ++i)
        if (body[i] != static_cast<char>('a' + (task * 7 + i) % 26))
            return false;
    return true;
}

} // namespace taskwire::simulation
