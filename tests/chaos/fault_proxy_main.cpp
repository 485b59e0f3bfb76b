#include <cstdio>
#include <iostream>
#include <istream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/read_until.hpp>
#include <asio/streambuf.hpp>

#include "fault_proxy.hpp"

/// taskwire-fault-proxy: does to TCP connections on loopback what its standard input says, a
/// command a line, and answers each with a line, "ok ..." or "error ...". It ends with its input.
///
///     listen TARGET_PORT              "ok PORT": a new listener, which the others name by its port
///     target PORT TARGET_PORT         where connections to come go
///     cut PORT up|down BYTES [rst]    end the open ones after so many more bytes; "event PORT cut"
///     reset PORT | close PORT         now, with RST or with FIN
///     half-close PORT up|down         FIN one way only
///     stall PORT up|down|both [MS]    forward nothing, for so long or until "clear"
///     delay PORT MS                   keep each chunk for so long
///     throttle PORT BYTES_PER_S       each way
///     clear PORT                      no stall, delay or throttle any more
///     count PORT                      "ok OPEN ACCEPTED BYTES_UP BYTES_DOWN"
///
/// "up" is towards the target. Faults answer "ok N", the number of connections that they hit. Lines
/// "event PORT accepted|cut|ended" come in between.
namespace {

using namespace taskwire::chaos;

template <class Value>
Value take(std::istream& from) {
    Value result;
    if (!(from >> result))
        throw std::invalid_argument{"an argument is missing or wrong"};
    return result;
}

way take_way(std::istream& from) {
    const auto word = take<std::string>(from);
    if (word != "up" && word != "down")
        throw std::invalid_argument{"up or down"};
    return word == "up" ? way::up : way::down;
}

class proxy {
  public:
    explicit proxy(asio::io_context& context) : context_(context), input_(context, STDIN_FILENO) {
        read();
    }

  private:
    void read() {
        asio::async_read_until(input_, buffer_, '\n', [this](std::error_code fault, std::size_t) {
            if (fault)
                return context_.stop();
            std::string line;
            std::istream in{&buffer_};
            std::getline(in, line);
            say(answer(line));
            read();
        });
    }

    static void say(const std::string& line) { std::cout << line << std::endl; }

    std::string answer(const std::string& line) {
        std::istringstream words{line};
        try {
            const auto command = take<std::string>(words);
            return "ok " + std::to_string(command == "listen" ? listen(words)
                                                              : obey(command, words)) + more_;
        } catch (const std::exception& what) {
            return std::string{"error "} + what.what() + ": " + line;
        }
    }

    std::uint64_t listen(std::istream& words) {
        more_.clear();
        auto fresh = std::make_unique<listener>(context_, take<std::uint16_t>(words));
        const auto port = fresh->port();
        fresh->state().tell = [port](const char* what) {
            say("event " + std::to_string(port) + " " + what);
        };
        listeners_.emplace(port, std::move(fresh));
        return port;
    }

    std::uint64_t obey(const std::string& command, std::istream& words) {
        more_.clear();
        auto& on = *listeners_.at(take<std::uint16_t>(words));
        const auto links = on.links();
        if (command == "target") {
            on.set_target(take<std::uint16_t>(words));
        } else if (command == "cut") {
            const auto which = take_way(words);
            const auto bytes = take<std::size_t>(words);
            std::string how;
            words >> how;
            for (const auto& each : links)
                each->cut_after(which, bytes, how == "rst");
        } else if (command == "reset" || command == "close") {
            for (const auto& each : links)
                each->end(command == "reset");
        } else if (command == "half-close") {
            const auto which = take_way(words);
            for (const auto& each : links)
                each->half_close(which);
        } else if (command == "count") {
            const auto& bytes = on.state().forwarded;
            more_ = " " + std::to_string(on.accepted()) + " " + std::to_string(bytes[0]) + " " +
                    std::to_string(bytes[1]);
        } else {
            set_conditions(command, words, on);
        }
        return links.size();
    }

    static void set_conditions(const std::string& command, std::istream& words, listener& on) {
        auto& state = on.state();
        if (command == "stall") {
            const auto where = take<std::string>(words);
            auto until = conditions::time_point::max();
            if (int time_ms = 0; words >> time_ms)
                until = std::chrono::steady_clock::now() + std::chrono::milliseconds{time_ms};
            if (where != "down")
                state.stalled_until[0] = until;
            if (where != "up")
                state.stalled_until[1] = until;
        } else if (command == "delay") {
            state.delay = std::chrono::milliseconds{take<int>(words)};
        } else if (command == "throttle") {
            state.bytes_per_s = take<std::size_t>(words);
        } else if (command == "clear") {
            state.stalled_until = {};
            state.delay = {};
            state.bytes_per_s = 0;
        } else {
            throw std::invalid_argument{"no such command"};
        }
        on.wake();
    }

    asio::io_context& context_;
    asio::posix::stream_descriptor input_;
    asio::streambuf buffer_{4096};
    std::string more_; ///< of the answer
    std::map<std::uint16_t, std::unique_ptr<listener>> listeners_;
};

} // namespace

int main() {
    asio::io_context context{1};
    proxy of{context};
    context.run();
}
