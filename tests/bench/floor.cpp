#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <support/frames.hpp>
#include <taskwire/frame.hpp>
#include <taskwire/wire.hpp>

#include "measure.h"
#include "workload.hpp"

/// taskwire-bench-floor: the least that a client could do, without being one. It writes frames
/// that were made before, in pieces of 64 KiB, and looks for confirms; or it scans deliveries and
/// acknowledges each, all of a read in one write. What is above it is the client's to answer for.
namespace {

using namespace taskwire;
using namespace taskwire::bench;
namespace b = spec::basic;
namespace c = spec::connection;

constexpr std::size_t chunk_size = std::size_t{64} * 1024;
constexpr std::size_t piece_max = std::size_t{128} * 1024 - frame_overhead;

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

class wire_end {
  public:
    explicit wire_end(std::uint16_t port) : buffer_(std::size_t{1} << 20U) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            give_up("connect");
    }

    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0)
                give_up("send");
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    /// Reads once and shows `see(type, payload)` every whole frame, and of body frames the rest.
    template <class See>
    void read(See see, int flags = 0) {
        const auto size = recv(socket_, buffer_.data() + kept_, buffer_.size() - kept_, flags);
        if (size <= 0) {
            if (flags == 0)
                give_up("recv");
            return;
        }
        std::string_view bytes{buffer_.data(), kept_ + static_cast<std::size_t>(size)};
        while (bytes.size() >= frame_head_size) {
            const std::size_t whole = wire::load<std::uint32_t>(bytes.data() + 3) + frame_overhead;
            if (bytes.size() < whole)
                break;
            see(static_cast<unsigned char>(bytes.front()),
                bytes.substr(frame_head_size, whole - frame_overhead));
            bytes.remove_prefix(whole);
        }
        std::copy(bytes.begin(), bytes.end(), buffer_.begin());
        kept_ = bytes.size();
    }

    /// Writes a request and waits for some answer.
    void ask(const std::string& frames) {
        write(frames);
        bool answered = false;
        while (!answered)
            read([&](unsigned, std::string_view) { answered = true; });
    }

    void open() {
        ask(std::string{protocol_header});
        ask(test::method(0, c::start_ok{.mechanism = "PLAIN",
                                        .response = std::string_view{"\0guest\0guest", 12},
                                        .locale = "en_US"}));
        ask(test::method(0, c::tune_ok{2047, 131072, 0}) + test::method(0, c::open{"/"}));
        ask(test::method(1, spec::channel::open{}));
    }

    void close() { ask(test::method(0, c::close{200, "bye", 0, 0})); }

  private:
    int socket_ = socket(AF_INET, SOCK_STREAM, 0);
    std::vector<char> buffer_;
    std::size_t kept_ = 0;
};

/// The highest confirmed tag.
std::uint64_t confirmed(unsigned, std::string_view payload) {
    return wire::load<std::uint64_t>(payload.data() + 4);
}

void publish(wire_end& with, const workload& what) {
    with.ask(test::method(1, spec::confirm::select{}));
    const auto one = test::message(1, b::publish{.routing_key = "q"}, std::string(what.body, 'x'),
                                   {.delivery_mode = std::uint8_t{2}}, piece_max);
    const auto in_chunk = std::max<std::size_t>(1, chunk_size / one.size());
    std::string frames;
    for (std::size_t i = 0; i < in_chunk; ++i)
        frames += one;
    const auto since = measure_now();
    std::uint64_t sent = 0;
    std::uint64_t settled = 0;
    while (settled < what.count) {
        const auto now = std::min({in_chunk, what.count - sent, what.window - (sent - settled)});
        with.write(std::string_view{frames}.substr(0, now * one.size()));
        sent += now;
        const bool wait = now == 0;
        with.read(
            [&](unsigned type, std::string_view payload) {
                settled = std::max(settled, confirmed(type, payload));
            },
            wait ? 0 : MSG_DONTWAIT);
    }
    measure_report("floor publish", since, static_cast<double>(what.count), -1);
}

void consume(wire_end& with, const workload& what) {
    with.ask(test::method(1, b::qos{.prefetch_count = static_cast<std::uint16_t>(what.window)}));
    const auto since = measure_now();
    with.write(test::method(1, b::consume{.queue = "q"}));
    const auto ack = test::method(1, b::ack{0, false});
    std::string acks;
    std::uint64_t count = 0;
    std::size_t bodies = 0;
    while (count < what.count) {
        acks.clear();
        with.read([&](unsigned type, std::string_view payload) {
            if (type != spec::frame_body)
                return;
            bodies += payload.size();
            if (bodies % what.body != 0)
                return;
            acks += ack;
            wire::store(acks.data() + acks.size() - 10, ++count);
        });
        with.write(acks);
    }
    measure_report("floor consume", since, static_cast<double>(count), -1);
}

} // namespace

int main(int count, char** words) {
    const auto what = workload::from(count, words);
    wire_end with{what.port};
    with.open();
    what.mode == "consume" ? consume(with, what) : publish(with, what);
}
