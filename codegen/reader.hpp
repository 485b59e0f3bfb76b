#pragma once

#include "model.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace taskwire::codegen {

/// Reads one XML file in the form of the AMQP 0-9-1 specification.
///
/// It looks at that file alone: what it says twice, or about things of another file, is merge()'s.
///
/// *Errors*: std::runtime_error, "file:line: what is wrong". An element or attribute that is not
/// known is an error too, because a misspelt one would silently lose a fact.
spec read_file(const std::filesystem::path& path);

/// The same for text in memory; `file` names it in messages.
spec read_text(std::string_view text, const std::string& file);

} // namespace taskwire::codegen
