#pragma once

#include "model.hpp"
#include "rules.hpp"

#include <string>

namespace taskwire::codegen {

/// The struct of one method, its comment first.
std::string emit_method_struct(const protocol_class& c, const method& m, const rule_book& rules);

/// The struct of a class's content properties.
std::string emit_properties_struct(const protocol_class& c, const rule_book& rules);

} // namespace taskwire::codegen
