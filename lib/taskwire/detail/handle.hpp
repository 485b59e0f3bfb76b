#pragma once

#include <memory>
#include <utility>

#include <taskwire/detail/session.hpp>

namespace taskwire::detail {

/// What public handles share of a connection. With the last copy the connection is closed, in good
/// order and in the background.
class handle {
  public:
    handle() = default;
    explicit handle(session& from)
        : owner(from.shared_from_this()),
          guard_(nullptr, [weak = from.weak_from_this()](std::nullptr_t) {
              if (auto strong = weak.lock())
                  asio::post(strong->get_strand(), [strong] { strong->close(0, {}); });
          }) {}

    std::shared_ptr<session> owner;

  private:
    std::shared_ptr<void> guard_;
};

} // namespace taskwire::detail
