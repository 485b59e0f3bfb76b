#include <common/end_signals.hpp>

#include <csignal>

namespace taskwire::tools {

void add_end_signals(asio::signal_set& to) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction now {};
        if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN)
            to.add(number);
    }
}

} // namespace taskwire::tools
