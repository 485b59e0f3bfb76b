#include <algorithm>
#include <set>

#include <taskwire/proto/connection.hpp>

#include "conversation.hpp"

/// A server's bytes in chunks of any length, with commands and time in between: the machine's
/// invariants hold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    taskwire::fuzz::input in{data, size};
    taskwire::fuzz::conversation talk;
    while (!in.empty()) {
        const auto step = in.octet();
        if (step < 0xc0)
            talk.receive(in.take(std::size_t{step} + 1));
        else
            talk.command(step, in.octet());
    }
    talk.finish();
    return 0;
}
