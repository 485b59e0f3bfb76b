#pragma once

#include "model.hpp"

#include <vector>

namespace taskwire::codegen {

/// Merges files, the base first, and checks the whole: domains resolved to wire types, every name
/// that is referred to defined, classes and methods in the order of their indices.
///
/// Nothing is replaced by accident. What exists may be added to only under `extends`, restated only
/// under `overrides`, and a reserved field changed only under `replaces`.
///
/// *Errors*: std::runtime_error, "file:line: what is wrong", for the first conflict met.
spec merge(const std::vector<spec>& files);

} // namespace taskwire::codegen
