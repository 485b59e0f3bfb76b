#include <taskwire/publish_outcome.hpp>

namespace taskwire {

const char* to_string(publish_outcome::kind what) {
    switch (what) {
    case publish_outcome::kind::confirmed:
        return "confirmed";
    case publish_outcome::kind::returned:
        return "returned";
    case publish_outcome::kind::nacked:
        return "nacked";
    case publish_outcome::kind::unknown:
        return "unknown";
    case publish_outcome::kind::refused:
        return "refused";
    }
    return "unknown";
}

} // namespace taskwire
