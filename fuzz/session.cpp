#include "server.hpp"
#include "target.hpp"

namespace {

/// What client and server do, in turn: nearly all of it is well formed.
void run(taskwire::fuzz::input in) {
    using taskwire::fuzz::conversation;
    using taskwire::fuzz::server;
    server broker;
    broker.greet(in);
    while (!in.empty() && !broker.client().closed()) {
        const auto step = in.octet() % (server::act_count + conversation::command_count);
        if (step < server::act_count)
            broker.act(static_cast<std::uint8_t>(step), in);
        else
            broker.client().command(static_cast<std::uint8_t>(step - server::act_count), in);
    }
    broker.client().finish();
}

} // namespace

const taskwire::fuzz::target taskwire::fuzz::fuzzed{run, std::size_t{2} * 1024 * 1024, 256};
