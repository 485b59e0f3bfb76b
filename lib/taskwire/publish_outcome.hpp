#pragma once

#include <memory>
#include <string>
#include <system_error>

namespace taskwire {

/// What became of a published message. There are five ways, and only five.
class publish_outcome {
  public:
    enum class kind {
        confirmed, ///< the broker has it, and it was routed if it was mandatory
        returned,  ///< no queue takes it; `code` and `text` are the broker's
        nacked,    ///< the broker could not store it; publishing it again may succeed
        unknown,   ///< the channel or connection ended, or time ran out, before the broker answered
        refused,   ///< it was never sent; `code` says why
    };

    publish_outcome() = default;
    explicit publish_outcome(kind what) : kind_(what) {}
    publish_outcome(kind what, std::error_code code, std::string text)
        : kind_(what), code_(code), text_(std::make_shared<const std::string>(std::move(text))) {}

    kind what() const { return kind_; }
    bool confirmed() const { return kind_ == kind::confirmed; }
    std::error_code code() const { return code_; }
    /// The broker's words or ours, in one line; empty when confirmed.
    const std::string& text() const {
        static const std::string none;
        return text_ ? *text_ : none;
    }

  private:
    kind kind_ = kind::unknown;
    std::error_code code_;
    std::shared_ptr<const std::string> text_; ///< shared: most outcomes have none, and all move
};

/// "confirmed", "returned", "nacked", "unknown", "refused"
const char* to_string(publish_outcome::kind what);

} // namespace taskwire
