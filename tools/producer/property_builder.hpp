#pragma once

#include <producer/options.hpp>

#include <taskwire/spec.gen.hpp>

#include <cstdint>
#include <string_view>

namespace taskwire::tools {

// Makes each task's AMQP properties from what all have in common.
// Lifetimes: what make() returns looks into this object, `id` and the last file's name.
class property_builder {
  public:
    explicit property_builder(const task_properties& common);

    // `file` is "" if the task does not come from one. Units: `now_s` counts seconds since 1970.
    const spec::basic::properties& make(std::string_view id, std::uint64_t now_s,
                                        std::string_view file);

  private:
    task_properties common_;
    std::string expiration_;
    table headers_;
    table file_headers_;
    spec::basic::properties result_;
};

} // namespace taskwire::tools
