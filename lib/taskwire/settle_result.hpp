#pragma once

#include <system_error>

namespace taskwire {

/// What became of an acknowledgement.
enum class settle_result {
    sent,    ///< it is on its way
    unknown, ///< the tag is not outstanding: settled before, or never delivered
    stale,   ///< the delivery's channel has closed; the broker delivers the message again
};

namespace detail {

settle_result to_settle_result(std::error_code fault);

} // namespace detail
} // namespace taskwire
