#include <support/frames.hpp>

#include <taskwire/endian.hpp>

namespace taskwire::test {
namespace {

template <class Unsigned>
std::string number(Unsigned value) {
    std::string bytes(sizeof value, '\0');
    wire::store(bytes.data(), value);
    return bytes;
}

} // namespace

std::string raw_frame(unsigned type, std::uint16_t channel, std::string_view payload) {
    std::string bytes(1, static_cast<char>(type));
    bytes += number(channel) + number(static_cast<std::uint32_t>(payload.size()));
    return bytes.append(payload).append("\xce");
}

std::string raw_method(std::uint16_t channel, method_id id, std::string_view arguments) {
    return raw_frame(1, channel, number(id.packed()).append(arguments));
}

std::string raw_header(std::uint16_t channel, std::uint16_t class_id, std::uint16_t weight,
                       std::uint64_t body_size, std::string_view property_list) {
    return raw_frame(2, channel,
                     (number(class_id) + number(weight) + number(body_size)).append(property_list));
}

std::string header(std::uint16_t channel, std::uint64_t body_size,
                   const spec::basic::properties& properties) {
    std::string list(2 + wire::measure(properties).size, '\0');
    wire::encode_properties(list.data(), properties);
    return raw_header(channel, 60, 0, body_size, list);
}

std::string body(std::uint16_t channel, std::string_view bytes) {
    return raw_frame(3, channel, bytes);
}

std::string heartbeat() {
    return raw_frame(8, 0, {});
}

// From the outside in, because there may be thousands of levels.
std::string nested_arrays(std::size_t depth) {
    constexpr std::size_t level_size = 5;
    std::string bytes = "\x01k";
    for (auto left = depth - 1; left != 0; --left)
        bytes += "A" + number(static_cast<std::uint32_t>((left - 1) * level_size));
    return bytes;
}

std::string nested_tables(std::size_t depth) {
    constexpr std::size_t level_size = 7;
    std::string bytes;
    for (auto left = depth - 1; left != 0; --left)
        bytes += "\x01kF" + number(static_cast<std::uint32_t>((left - 1) * level_size));
    return bytes;
}

} // namespace taskwire::test
