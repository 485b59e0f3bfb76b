#include <taskwire/message.hpp>

#include <algorithm>

#include <taskwire/wire.hpp>

namespace taskwire {
namespace {

/// Below this a copy is cheaper than the memory that the next body would need anew. Units: bytes.
constexpr std::size_t body_copied_max = std::size_t{4} * 1024;

} // namespace

delivery::delivery(proto::channel_id channel, const spec::basic::deliver& method,
                   const proto::content& message)
    : redelivered_(method.redelivered), delivery_tag_(method.delivery_tag), channel_(channel) {
    keep(method.consumer_tag, method.exchange, method.routing_key, message);
}

delivery::delivery(proto::channel_id channel, const spec::basic::get_ok& method,
                   const proto::content& message)
    : redelivered_(method.redelivered), delivery_tag_(method.delivery_tag), channel_(channel) {
    keep({}, method.exchange, method.routing_key, message);
}

/// The names are short strings of the protocol, so their sizes fit an octet.
void delivery::keep(std::string_view consumer_tag, std::string_view exchange,
                    std::string_view routing_key, const proto::content& message) {
    consumer_tag_size_ = static_cast<std::uint8_t>(consumer_tag.size());
    exchange_size_ = static_cast<std::uint8_t>(exchange.size());
    routing_key_size_ = static_cast<std::uint8_t>(routing_key.size());
    property_list_size_ = static_cast<std::uint32_t>(message.property_list.size());
    body_size_ = message.body.size();
    auto body = message.body;
    auto* const memory = message.body_memory;
    if (memory != nullptr && memory->size() == body.size() && body.size() > body_copied_max &&
        memory->capacity() / 2 < body.size()) {
        body_ = memory->release();
        body = {};
    }
    bytes_ =
        std::make_unique_for_overwrite<char[]>(properties_at() + property_list_size_ + body.size());
    char* to = bytes_.get();
    for (const auto part : {consumer_tag, exchange, routing_key, message.property_list, body})
        to = std::copy(part.begin(), part.end(), to);
}

spec::basic::properties delivery::properties() const {
    spec::basic::properties result;
    if (property_list_size_ == 0)
        return result;
    // Validated when it was received, so no depth is too deep now.
    wire::reader in{part(properties_at(), property_list_size_), static_cast<std::size_t>(-1)};
    wire::decode_properties(in, result);
    return result;
}

} // namespace taskwire
