#pragma once

#include <memory>
#include <utility>

#include <taskwire/asio.hpp>

namespace taskwire::detail {

/// What public handles share of a core: a session, a channel, a publisher, … With the last copy
/// the core is told to end, in good order and in the background: `release(held)` runs on its
/// strand. `held` is what it lives on, the guard of the handle above it, to be kept until it has
/// ended.
template <class Core>
class handle {
  public:
    handle() = default;
    explicit handle(std::shared_ptr<Core> of, std::shared_ptr<void> above = {})
        : core_(std::move(of)),
          guard_(nullptr, [weak = std::weak_ptr{core_}, held = std::move(above)](std::nullptr_t) {
              if (auto strong = weak.lock())
                  asio::post(strong->get_strand(), [strong, held] { strong->release(held); });
          }) {}

    const std::shared_ptr<Core>& core() const { return core_; }
    /// Shared by all copies, whatever they are handles of.
    const std::shared_ptr<void>& guard() const { return guard_; }
    explicit operator bool() const { return core_ != nullptr; }

  private:
    std::shared_ptr<Core> core_;
    std::shared_ptr<void> guard_;
};

} // namespace taskwire::detail
