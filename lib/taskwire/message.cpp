#include <taskwire/message.hpp>

#include <algorithm>

#include <taskwire/wire.hpp>

namespace taskwire {

delivery::delivery(proto::channel_id channel, const spec::basic::deliver& method,
                   const proto::content& message)
    : delivery_tag_(method.delivery_tag), channel_(channel), redelivered_(method.redelivered) {
    keep(method.consumer_tag, method.exchange, method.routing_key, message);
}

delivery::delivery(proto::channel_id channel, const spec::basic::get_ok& method,
                   const proto::content& message)
    : delivery_tag_(method.delivery_tag), channel_(channel), redelivered_(method.redelivered) {
    keep({}, method.exchange, method.routing_key, message);
}

void delivery::keep(std::string_view consumer_tag, std::string_view exchange,
                    std::string_view routing_key, const proto::content& message) {
    bytes_ = std::make_unique_for_overwrite<char[]>(
        consumer_tag.size() + exchange.size() + routing_key.size() + message.property_list.size() +
        message.body.size());
    char* to = bytes_.get();
    const auto put = [&to](std::string_view text) {
        const std::string_view kept{to, text.size()};
        to = std::copy(text.begin(), text.end(), to);
        return kept;
    };
    consumer_tag_ = put(consumer_tag);
    exchange_ = put(exchange);
    routing_key_ = put(routing_key);
    property_list_ = put(message.property_list);
    body_ = put(message.body);
}

spec::basic::properties delivery::properties() const {
    spec::basic::properties result;
    if (property_list_.empty())
        return result;
    // Validated when it was received, so no depth is too deep now.
    wire::reader in{property_list_, static_cast<std::size_t>(-1)};
    wire::decode_properties(in, result);
    return result;
}

} // namespace taskwire
