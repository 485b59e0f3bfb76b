#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include <taskwire/spec.gen.hpp>
#include <taskwire/wire.hpp>

namespace taskwire::detail {

/// A body on its way to the wire: handed over when it is a string that nobody needs any more.
template <class Body>
decltype(auto) as_body(Body&& body) {
    if constexpr (std::same_as<Body, std::string>)
        return std::forward<Body>(body);
    else
        return std::string_view{body};
}

/// A message to be published that owns all its bytes, or what forbids to send it.
class outgoing {
  public:
    outgoing() = default;
    outgoing(const spec::basic::publish& method, const spec::basic::properties& properties,
             std::string body)
        : body_(std::move(body)) {
        const auto method_size = wire::measure(method);
        const auto list_size = wire::measure(properties);
        fault_ = method_size.fault != errc{} ? method_size.fault : list_size.fault;
        if (fault_ != errc{})
            return;
        method_size_ = method_size.size;
        encoded_.resize(method_size_ + 2 + list_size.size);
        wire::encode_properties(wire::encode(encoded_.data(), method), properties);
    }

    errc fault() const { return fault_; }
    std::size_t body_size() const { return body_.size(); }
    std::string take_body() { return std::move(body_); }

    /// Views into this message.
    spec::basic::publish method() const {
        spec::basic::publish result;
        wire::reader in{std::string_view{encoded_}.substr(0, method_size_)};
        wire::decode(in, result);
        return result;
    }
    spec::basic::properties properties() const {
        spec::basic::properties result;
        wire::reader in{std::string_view{encoded_}.substr(method_size_),
                        static_cast<std::size_t>(-1)};
        wire::decode_properties(in, result);
        return result;
    }

  private:
    std::string encoded_; ///< the method's arguments, then the property list
    std::size_t method_size_ = 0;
    std::string body_;
    errc fault_{};
};

} // namespace taskwire::detail
