#pragma once

#include <worker/task_info.hpp>

#include <string>

namespace taskwire::tools {

// The JSON object on the child's descriptor 3, with a newline at its end:
// {"id":…,"attempt":1,"max_attempts":5|null,"last_attempt":false,"redelivered":false,"queue":…,
//  "exchange":…,"routing_key":…,"body_size":…,"slot":1,"timeout_ms":…|null,
//  "properties":{…those present, by their names in the specification},"headers":{…}}
// Errors: none; bytes that are not UTF-8 become U+FFFD.
std::string metadata_json(const task_info& task);

} // namespace taskwire::tools
