#pragma once

#include <asio/signal_set.hpp>

namespace taskwire::tools {

// Adds INT, TERM and HUP, but none that is ignored already: who starts a program so, as nohup does,
// means it.
void add_end_signals(asio::signal_set& to);

} // namespace taskwire::tools
