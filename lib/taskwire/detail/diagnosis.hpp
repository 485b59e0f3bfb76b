#pragma once

#include <string>
#include <system_error>

namespace taskwire::detail {

/// Why there is no stream to the server: a code, and the particulars that it leaves open.
struct diagnosis {
    std::error_code code;
    std::string text;

    explicit operator bool() const { return static_cast<bool>(code); }
};

} // namespace taskwire::detail
