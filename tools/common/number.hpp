#pragma once

#include <cstdint>
#include <string>

namespace taskwire::tools {

// Numbers for people.

// In groups of three: 12 480.
std::string grouped(std::uint64_t number);

// How many a second: 0.3/s, 42/s, 8.2k/s, 120k/s, 1.2M/s.
std::string format_rate(double count_per_s);

// Decimal units, as networks and disks are sold: 800 B/s, 12.0 kB/s, 1.9 MB/s.
std::string format_byte_rate(double bytes_per_s);

} // namespace taskwire::tools
