#pragma once

#include <memory>
#include <typeinfo>
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

/// The executor itself when it is a strand already, else a new strand on it. The type is compared
/// first: Asio 1.22's `target` casts without looking.
inline strand to_strand(const asio::any_io_executor& executor) {
    if (executor.target_type() == typeid(strand))
        return *executor.target<strand>();
    return asio::make_strand(executor);
}

} // namespace taskwire::detail
