#pragma once

#include <common/unique_fd.hpp>

#include <string_view>

namespace taskwire::tools {

// Makes an anonymous file that holds `content`, is rewound and can never change again. As stdin it
// beats a pipe: the reader may seek in it or ignore it, and the writer never blocks nor gets
// SIGPIPE. Errors: an empty descriptor, with errno set.
unique_fd make_sealed_memfd(const char* name, std::string_view content);

} // namespace taskwire::tools
