#pragma once

#include <string_view>

#include <taskwire/proto/event.hpp>
#include <taskwire/table.hpp>

/// Reading everything that the code under test hands out: what dangles or lies does not stay hidden
/// from the sanitizers.
namespace taskwire::fuzz {

void touch(std::string_view bytes);
void touch(table_view fields);
void touch(const proto::any_event& event);

} // namespace taskwire::fuzz
