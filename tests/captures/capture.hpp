#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <taskwire/frame.hpp>
#include <taskwire/spec.gen.hpp>

/// Sessions of real clients with a real RabbitMQ; data/README.md says how they are recorded.
namespace taskwire::test {

/// A frame as it passed, with what tshark printed of it.
struct captured_frame {
    bool from_client = false;
    std::string bytes;
    nlohmann::json said;

    /// The client's first eight bytes, which are no frame.
    bool is_protocol_header() const { return bytes.starts_with("AMQP"); }
    /// The bytes as a frame. Fails the test when they are not exactly one.
    frame parsed() const;
};

struct capture {
    std::string name;
    std::string client; ///< who spoke, with its version
    std::string broker;
    std::string judge;                  ///< whose words `said` are
    std::vector<captured_frame> frames; ///< in the order in which they passed

    /// All that one side wrote.
    std::string bytes_from(bool client_side) const;
};

/// A frame of any size, for what was seen on a real wire.
inline constexpr frame_limits any_size{std::size_t{1} << 24U, std::size_t{1} << 24U};

struct decoded_header {
    content_header fixed;
    spec::basic::properties properties;
};

/// A method or header frame, decoded. Both fail the test when the bytes do not decode.
spec::any_method method_of(const frame& each);
decoded_header header_of(const frame& each);

/// All captures by name, read once. Fails the test when a file is missing or does not add up.
const std::vector<capture>& captures();
const capture& capture_of(std::string_view name);

} // namespace taskwire::test
