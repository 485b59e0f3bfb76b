#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <taskwire/frame.hpp>

namespace taskwire::test {

/// What our codec reads in a frame, in the words and the order in which tshark would print it.
/// Reserved fields, which our structs do not have, are missing.
/// *Errors*: fails the test when the frame cannot be decoded.
nlohmann::json tshark_words(const frame& each);

/// The same of a frame's bytes after they were decoded and encoded again.
std::string encoded_again(const frame& each);

} // namespace taskwire::test
