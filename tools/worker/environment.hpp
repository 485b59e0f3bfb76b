#pragma once

#include <worker/task_info.hpp>

#include <string>
#include <vector>

namespace taskwire::tools {

// The child's variables that tell of its task, as NAME=value: TASK_ID, TASK_ATTEMPT and so on, and
// TASK_H_<HEADER> for headers with a scalar value (name in upper case, what is not a letter or
// digit as _). Absent properties have no variable. Left out, because exec could not pass them: what
// contains NUL, and headers over 32 KiB; they are in the metadata.
// Units: TASK_TIMEOUT in seconds, with a fraction if it needs one; TASK_TIMESTAMP since 1970.
std::vector<std::string> task_environment(const task_info& task);

// What the child inherits: `inherited` (ended by null, as environ) without what is ours alone - the
// broker's URL and every other TASKWIRE_ variable, NOTIFY_SOCKET (a child must not speak for the
// service), the variables of an outer worker's task - and with `additions`, which win.
std::vector<std::string> child_environment(const char* const* inherited,
                                           const std::vector<std::string>& additions);

} // namespace taskwire::tools
