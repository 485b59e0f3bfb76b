#pragma once

#include <exception>
#include <memory>
#include <string>
#include <system_error>

#include <taskwire/error.hpp>
#include <taskwire/proto/event.hpp>

namespace taskwire {

using proto::close_reason;

/// What an operation reports when it does not succeed: the code, and why its channel or connection
/// died where that is the cause.
struct failure {
    std::error_code code;
    std::shared_ptr<const close_reason> reason{};

    explicit operator bool() const { return static_cast<bool>(code); }
};

/// One line: the broker's own words where there are any, else our category's message.
std::string describe(const failure& what);
std::string describe(const close_reason& reason);

/// What awaitables and futures throw. `what()` carries the broker's text.
class error : public std::system_error {
  public:
    explicit error(const failure& what);

    const char* what() const noexcept override { return text_->c_str(); }
    /// Why the channel or connection died; nullptr when that is not the cause.
    const close_reason* reason() const noexcept { return reason_.get(); }

  private:
    std::shared_ptr<const close_reason> reason_;
    std::shared_ptr<const std::string> text_; ///< shared: copying an exception must not throw
};

namespace detail {
std::exception_ptr to_exception(const failure& what);
}

} // namespace taskwire
