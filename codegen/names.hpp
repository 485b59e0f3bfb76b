#pragma once

#include "model.hpp"

#include <string>
#include <string_view>

namespace taskwire::codegen {

/// "auto-delete" -> "auto_delete"; what C++ keeps for itself gets a trailing underscore.
std::string cpp_name(std::string_view spec_name);

/// "not-found" -> "NOT_FOUND", as RabbitMQ prints reply codes.
std::string upper_name(std::string_view spec_name);

/// The C++ type of a member of this wire type.
std::string cpp_type(std::string_view wire_type);

/// What a visitor calls this wire type: "short" -> "short_uint".
std::string visitor_name(std::string_view wire_type);

/// A C++ string literal of these bytes, quotes included.
std::string literal(std::string_view bytes);

/// True for a field that becomes a member: a user can neither set what must be zero nor ask for a
/// reply that never comes.
bool is_member(const field& f);

} // namespace taskwire::codegen
