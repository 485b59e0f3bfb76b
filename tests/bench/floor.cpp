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

    /// Reads once and shows `see(type, channel, payload)` every whole frame.
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
                wire::load<std::uint16_t>(bytes.data() + 1),
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
            read([&](unsigned, std::uint16_t, std::string_view) { answered = true; });
    }

    void open(std::uint16_t channels) {
        ask(std::string{protocol_header});
        ask(test::method(0, c::start_ok{.mechanism = "PLAIN",
                                        .response = std::string_view{"\0guest\0guest", 12},
                                        .locale = "en_US"}));
        ask(test::method(0, c::tune_ok{2047, 131072, 0}) + test::method(0, c::open{"/"}));
        for (std::uint16_t i = 1; i <= channels; ++i)
            ask(test::method(i, spec::channel::open{}));
    }

    /// Waits for the answer, past deliveries that are still on their way.
    void close() {
        write(test::method(0, c::close{200, "bye", 0, 0}));
        bool closed = false;
        while (!closed)
            read(
                [&](unsigned, std::uint16_t channel, std::string_view) { closed |= channel == 0; });
    }

  private:
    int socket_ = socket(AF_INET, SOCK_STREAM, 0);
    std::vector<char> buffer_;
    std::size_t kept_ = 0;
};

constexpr b::publish method{.routing_key = "q"};
constexpr b::properties persistent{.delivery_mode = std::uint8_t{2}};

/// Messages in wire form, their channels in turn, and enough of them that a full write can begin at
/// any channel.
class precomputed {
  public:
    explicit precomputed(const workload& what) : channels_(what.channels) {
        const std::string body(what.body, 'x');
        const auto message = [&](std::size_t channel) {
            return test::message(static_cast<std::uint16_t>(channel), method, body, persistent,
                                 piece_max);
        };
        one_size_ = message(1).size();
        in_chunk_ = std::max<std::size_t>(chunk_size / one_size_, 1);
        for (std::size_t i = 0; i < in_chunk_ + channels_ - 1; ++i)
            frames_ += message(1 + i % channels_);
    }

    /// Messages that fit into one write.
    std::size_t in_chunk() const { return in_chunk_; }
    std::string_view from(std::size_t sent, std::size_t count) const {
        return std::string_view{frames_}.substr(sent % channels_ * one_size_, count * one_size_);
    }

  private:
    std::size_t channels_;
    std::size_t in_chunk_ = 0;
    std::size_t one_size_ = 0;
    std::string frames_;
};

void publish(wire_end& with, const workload& what) {
    for (std::uint16_t i = 1; i <= what.channels; ++i)
        with.ask(test::method(i, spec::confirm::select{}));
    const precomputed messages{what};
    std::vector<std::uint64_t> confirmed(what.channels + std::size_t{1}); ///< highest tags
    const auto since = measure_now();
    std::size_t sent = 0;
    std::size_t settled = 0;
    const auto see = [&](unsigned, std::uint16_t channel, std::string_view payload) {
        const auto tag = wire::load<std::uint64_t>(payload.data() + 4);
        settled += tag - std::min(tag, confirmed[channel]);
        confirmed[channel] = std::max(tag, confirmed[channel]);
    };
    while (settled < what.count) {
        const auto now =
            std::min({messages.in_chunk(), what.count - sent, what.window - (sent - settled)});
        with.write(messages.from(sent, now));
        sent += now;
        with.read(see, now == 0 ? 0 : MSG_DONTWAIT);
    }
    measure_report("floor publish", since, static_cast<double>(what.count), -1);
}

/// The socket holds it up; the last answer of each channel shows that all has arrived.
void publish_unconfirmed(wire_end& with, const workload& what) {
    const precomputed messages{what};
    const auto since = measure_now();
    for (std::size_t sent = 0; sent < what.count;) {
        const auto now = std::min(messages.in_chunk(), what.count - sent);
        with.write(messages.from(sent, now));
        sent += now;
    }
    for (std::uint16_t i = 1; i <= what.channels; ++i)
        with.ask(test::method(i, spec::queue::declare{.queue = "q", .passive = true}));
    measure_report("floor publish-unconfirmed", since, static_cast<double>(what.count), -1);
}

void consume(wire_end& with, const workload& what) {
    const auto prefetch = static_cast<std::uint16_t>(what.window_of_channel());
    for (std::uint16_t i = 1; i <= what.channels; ++i)
        with.ask(test::method(i, b::qos{.prefetch_count = prefetch}));
    for (std::uint16_t i = 1; i <= what.channels; ++i)
        with.write(test::method(i, b::consume{.queue = "q"}));
    const auto since = measure_now();
    struct state {
        std::uint64_t tag = 0;
        std::size_t body = 0;
    };
    std::vector<state> states(what.channels + std::size_t{1});
    const auto ack = test::method(0, b::ack{0, false});
    std::string acks;
    std::size_t count = 0;
    const auto see = [&](unsigned type, std::uint16_t channel, std::string_view payload) {
        if (type != spec::frame_body)
            return;
        auto& where = states[channel];
        where.body += payload.size();
        if (where.body % what.body != 0)
            return;
        ++count;
        acks += ack;
        char* at = acks.data() + acks.size() - ack.size();
        wire::store(at + 1, channel);
        wire::store(at + frame_head_size + 4, ++where.tag);
    };
    while (count < what.count) {
        acks.clear();
        with.read(see);
        with.write(acks);
    }
    measure_report("floor consume", since, static_cast<double>(count), -1);
}

void roundtrip(wire_end& with, const workload& what) {
    const auto one = test::message(1, method, std::string(what.body, 'x'), persistent, piece_max);
    std::vector<double> times(what.count);
    with.ask(test::method(1, b::consume{.queue = "q", .no_ack = true}));
    std::size_t bodies = 0;
    const auto see = [&](unsigned type, std::uint16_t, std::string_view payload) {
        bodies += type == spec::frame_body ? payload.size() : 0;
    };
    const auto since = measure_now();
    for (auto& time : times) {
        const auto sent = measure_clock();
        with.write(one);
        for (bodies = 0; bodies < what.body;)
            with.read(see);
        time = measure_clock() - sent;
    }
    measure_report_roundtrips("floor roundtrip", since, times.data(), times.size(), -1);
}

} // namespace

int main(int count, char** words) {
    const auto what = workload::from(count, words);
    wire_end with{what.port};
    with.open(what.channels);
    if (what.mode == "publish")
        publish(with, what);
    else if (what.mode == "publish-unconfirmed")
        publish_unconfirmed(with, what);
    else if (what.mode == "consume")
        consume(with, what);
    else if (what.mode == "roundtrip")
        roundtrip(with, what);
    else
        return std::fprintf(stderr, "floor: no mode %s\n", words[1]), 2;
    with.close();
}
