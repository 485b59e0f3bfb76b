#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <taskwire/spec.gen.hpp>
#include <taskwire/wire.hpp>

namespace taskwire {

/// A method together with the bytes that its views look at.
///
/// *Lifetimes*: views obtained through it live as long as it does; moving or copying makes new
/// ones.
template <class Method>
class owned {
  public:
    owned() = default;
    /// Keeps a copy of `arguments`, which must be a valid encoding of Method.
    explicit owned(std::string arguments) : bytes_(std::move(arguments)) { look(); }
    owned(const owned& other) : owned(other.bytes_) {}
    owned(owned&& other) noexcept : bytes_(std::move(other.bytes_)) { look(); }
    owned& operator=(owned other) noexcept {
        bytes_ = std::move(other.bytes_);
        look();
        return *this;
    }
    ~owned() = default;

    const Method& operator*() const { return value_; }
    const Method* operator->() const { return &value_; }

  private:
    void look() {
        value_ = {};
        if (bytes_.empty())
            return;
        wire::reader in{bytes_, static_cast<std::size_t>(-1)};
        wire::decode(in, value_);
    }

    std::string bytes_;
    Method value_{};
};

} // namespace taskwire
