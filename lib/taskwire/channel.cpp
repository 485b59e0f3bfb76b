#include <taskwire/channel.hpp>

namespace taskwire::detail {

settle_result to_settle_result(std::error_code fault) {
    if (!fault)
        return settle_result::sent;
    return fault == errc::unknown_delivery_tag ? settle_result::unknown : settle_result::stale;
}

got reply_of<spec::basic::get>::read(const proto::event::reply& reply) {
    spec::basic::get_ok method;
    wire::reader in{reply.arguments};
    if (reply.message == nullptr || !wire::decode(in, method))
        return {};
    return {delivery{reply.channel, method, *reply.message}, method.message_count};
}

} // namespace taskwire::detail
