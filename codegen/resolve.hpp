#pragma once

#include "model.hpp"

namespace taskwire::codegen {

/// Completes a merged spec: gives every field its wire type and puts classes and methods in the
/// order of their indices.
///
/// *Errors*: std::runtime_error, "file:line: what is wrong": an unknown domain, wire type, response
/// or `le` partner, a run of more than eight bits, a bit among the content properties.
void resolve(spec& whole);

} // namespace taskwire::codegen
