#include <taskwire/failure.hpp>

namespace taskwire {

std::string describe(const close_reason& reason) {
    if (!reason.code)
        return "closed";
    if (reason.text.empty())
        return reason.code.message();
    // The broker's text begins with its code's name already.
    if (reason.by_peer && reason.code.category() == reply_category())
        return reason.text;
    const auto message = reason.code.message();
    return message == reason.text ? message : message + ": " + reason.text;
}

std::string describe(const failure& what) {
    if (what.reason && what.reason->code)
        return describe(*what.reason);
    return what.code.message();
}

error::error(const failure& what)
    : std::system_error(what.code), reason_(what.reason),
      text_(std::make_shared<const std::string>(describe(what)))
{}

std::exception_ptr detail::to_exception(const failure& what) {
    return what ? std::make_exception_ptr(error{what}) : nullptr;
}

} // namespace taskwire
