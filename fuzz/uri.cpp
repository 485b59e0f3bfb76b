#include <string>

#include <taskwire/uri.hpp>

#include "target.hpp"

namespace {

using namespace taskwire;

/// The same URI with another password.
std::string with_other_password(std::string_view text) {
    const auto begin = text.find(':', text.find("//")) + 1;
    return std::string{text.substr(0, begin)}.append("other").append(
        text.substr(text.find('@', begin)));
}

/// Nothing makes the parser crash or throw; what it accepts has usable defaults, and what is shown
/// of a URI does not depend on its password.
void run(fuzz::input in) {
    const auto text = in.rest();
    const auto shown = redacted(text);
    uri parsed;
    if (const auto fault = parse_uri(text, parsed))
        return fuzz::hold(!fault.message.empty(), "a refusal says why");
    const auto ready = apply_defaults(parsed);
    fuzz::hold(ready.port != 0 && !ready.vhost.empty(), "port and vhost are usable");
    if (!parsed.password)
        return;
    const auto other = with_other_password(text);
    fuzz::hold(redacted(other) == shown, "a password is not shown");
    uri again;
    fuzz::hold(!parse_uri(other, again) && again.password == "other", "it was a password");
    again.password = parsed.password;
    fuzz::hold(again == parsed, "nothing else was the password's");
}

} // namespace

const fuzz::target fuzz::fuzzed{run, 4096, 64};
