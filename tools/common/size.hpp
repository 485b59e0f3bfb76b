#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace taskwire::tools {

// Parses a size as the command line takes it: 100, 64K, 16M, 2G.
// Units: bytes; K, M and G (of either case) are the binary ones, 1024 each.
// Errors: returns what is wrong, "" if nothing is; `out` is then assigned.
std::string parse_size(std::string_view text, std::uint64_t& out);

// For people, in binary units: 100 bytes, 64 KiB, 1.5 MiB.
std::string format_size(std::uint64_t size);

} // namespace taskwire::tools
