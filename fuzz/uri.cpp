#include <taskwire/uri.hpp>

#include "target.hpp"

namespace {

using namespace taskwire;

/// Nothing makes the parser crash or throw; what it accepts has usable defaults, and what is shown
/// of a URI never holds its password.
void run(fuzz::input in) {
    const auto text = in.rest();
    const auto shown = redacted(text);
    uri parsed;
    if (const auto fault = parse_uri(text, parsed))
        return fuzz::hold(!fault.message.empty(), "a refusal says why");
    const auto ready = apply_defaults(parsed);
    fuzz::hold(ready.port != 0 && !ready.vhost.empty(), "defaults are usable");
    fuzz::hold(!parsed.port || *parsed.port != 0, "port 0 is refused");
    uri again;
    fuzz::hold(!parse_uri(shown, again), "a redacted URI is still one");
    fuzz::hold(again.host == parsed.host && again.vhost == parsed.vhost, "only secrets are hidden");
    fuzz::hold(!parsed.password || again.password == "***", "a password is never shown");
}

} // namespace

const fuzz::target fuzz::fuzzed{run, 4096, 64};
