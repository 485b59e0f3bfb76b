#include "conversation.hpp"
#include "target.hpp"

namespace {

/// A server's bytes in chunks of any length, with the owner's wishes in between.
void run(taskwire::fuzz::input in) {
    constexpr std::uint8_t first_command = 0xc0;
    taskwire::fuzz::conversation talk;
    while (!in.empty() && !talk.closed()) {
        const auto step = in.octet();
        if (step < first_command)
            talk.receive(in.take(std::size_t{step} + 1));
        else
            talk.command(static_cast<std::uint8_t>(step - first_command), in);
    }
    talk.finish();
}

} // namespace

const taskwire::fuzz::target taskwire::fuzz::fuzzed{run, std::size_t{2} * 1024 * 1024, 64};
