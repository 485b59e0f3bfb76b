#pragma once

#include <memory>
#include <utility>

#include <taskwire/detail/channel_core.hpp>
#include <taskwire/detail/handle.hpp>

namespace taskwire::detail {

/// What public handles share of a channel. With the last copy the channel is closed, once its
/// publishes have their outcomes, in the background. It holds the connection until then.
class channel_handle {
  public:
    channel_handle() = default;
    channel_handle(handle connection, std::shared_ptr<channel_core> from)
        : owner(std::move(connection)),
          core(std::move(from)),
          guard_(nullptr, [weak = std::weak_ptr{core}, held = owner](std::nullptr_t) {
              if (auto strong = weak.lock())
                  asio::post(strong->get_strand(),
                             [strong, held] { strong->release([held](const failure&) {}); });
          }) {}

    handle owner;
    std::shared_ptr<channel_core> core;

  private:
    std::shared_ptr<void> guard_;
};

} // namespace taskwire::detail
