#pragma once

#include <concepts>
#include <string>
#include <system_error>

#include <taskwire/proto/legality.hpp>
#include <taskwire/spec.gen.hpp>
#include <taskwire/wire.hpp>

namespace taskwire::proto {

namespace detail {
/// The machine itself opens and closes connections and channels; users never send these.
template <class Method>
inline constexpr bool is_lifecycle =
    (Method::id.class_id == spec::connection::start::id.class_id &&
     !std::same_as<Method, spec::connection::update_secret>) ||
    std::same_as<Method, spec::channel::open> || std::same_as<Method, spec::channel::close>;
} // namespace detail

/// A method that the client may send and that is answered: queue.declare, basic.consume, …
template <class Method>
concept requestable =
    Method::from_client && Method::replies::size != 0 && !detail::is_lifecycle<Method>;

/// A method that the client may send and that nobody answers: basic.ack, basic.nack, basic.reject.
template <class Method>
concept sendable = Method::from_client && Method::replies::size == 0 && !Method::has_content &&
                   !is_reply(Method::id) && !detail::is_lifecycle<Method>;

/// A method in wire form that owns its bytes, or what forbids to send it.
struct encoded_method {
    method_id id{};
    std::string arguments;
    std::error_code fault;
    std::string_view culprit; ///< name of the argument at fault
};

template <class Method>
encoded_method encode_method(const Method& method) {
    encoded_method result{Method::id, {}, {}, {}};
    const auto size = wire::measure(method);
    if (size.fault != errc{}) {
        result.fault = size.fault;
        result.culprit = size.culprit;
        return result;
    }
    result.arguments.resize(size.size);
    wire::encode(result.arguments.data(), method);
    return result;
}

} // namespace taskwire::proto
