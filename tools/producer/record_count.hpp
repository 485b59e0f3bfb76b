#pragma once

#include <producer/records.hpp>

#include <cstdint>
#include <optional>

namespace taskwire::tools {

// How many records a regular file holds from where it will be read, which stays where it is.
// Nothing if it is no regular file, or so large that counting would be felt.
std::optional<std::uint64_t> count_records(int descriptor, const record_options& options);

} // namespace taskwire::tools
