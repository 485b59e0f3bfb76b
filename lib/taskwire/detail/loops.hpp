#pragma once

#include <memory>
#include <utility>

namespace taskwire::detail {

/// What the handlers of a core's loops share. It goes with the last of them: at the core's end, or
/// when their io_context is destroyed. Then those who wait own handles that own the core in turn,
/// and `abandon()` drops them, uncalled.
/// *Thread safety*: only on the core's strand.
template <class Core>
class loops {
  public:
    /// The core, as a handler of its loops holds it.
    std::shared_ptr<Core> hold(Core& core) {
        auto shared = guard_.lock();
        if (!shared) {
            shared = std::make_shared<guard>(core.shared_from_this());
            guard_ = shared;
        }
        return {shared, &core};
    }

  private:
    class guard {
      public:
        explicit guard(std::shared_ptr<Core> of) : owner_(std::move(of)) {}
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;
        ~guard() { owner_->abandon(); }

      private:
        std::shared_ptr<Core> owner_;
    };

    std::weak_ptr<guard> guard_;
};

} // namespace taskwire::detail
