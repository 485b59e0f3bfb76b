#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <taskwire/spec.gen.hpp>
#include <taskwire/wire.hpp>

namespace taskwire {

/// A method together with the bytes that its views look at.
///
/// *Lifetimes*: copies share the bytes; views obtained through one live as long as any of them.
template <class Method>
class owned {
  public:
    owned() = default;
    /// Keeps a copy of `arguments`, which must be a valid encoding of Method.
    explicit owned(std::string_view arguments)
        : bytes_(std::make_shared<const std::string>(arguments)) {
        wire::reader in{*bytes_, static_cast<std::size_t>(-1)};
        wire::decode(in, value_);
    }

    const Method& operator*() const { return value_; }
    const Method* operator->() const { return &value_; }

  private:
    std::shared_ptr<const std::string> bytes_;
    Method value_{};
};

} // namespace taskwire
