#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "measure.h"
#include "sink.hpp"

/// taskwire-bench-sink: speaks just enough AMQP to be the other end of a measurement.
///
///     taskwire-bench-sink [--body BYTES] [--confirm-each] [--confirm-from COUNT] [--paced]
///
/// Prints "port N", then, for each connection that ends, a JSON line with what it saw and the CPU
/// time it took: below 100 % of a core it was not the limit. It ends with its standard input.
namespace {

using taskwire::bench::sink;
using taskwire::bench::sink_options;

constexpr useconds_t pause_us = 50; ///< of a paced sink, at each wake-up

struct connection {
    int socket;
    sink end;
    measure since;
    std::size_t written = 0;
    bool wants_out = false;
    std::uint64_t reads = 0;
};

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

int listen_anywhere() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener, 16) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        give_up("listen");
    std::printf("port %d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return listener;
}

void watch(int poller, int operation, int socket, unsigned events, void* data) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = data;
    if (epoll_ctl(poller, operation, socket, &event) != 0)
        give_up("epoll_ctl");
}

void report(const connection& of) {
    const auto now = measure_now();
    const double wall = now.wall - of.since.wall;
    const double cpu = now.user + now.system - of.since.user - of.since.system;
    std::printf("{\"published\": %llu, \"settled\": %llu, \"reads\": %llu, \"wall_s\": %.3f, "
                "\"cpu_share\": %.3f}\n",
                static_cast<unsigned long long>(of.end.published()),
                static_cast<unsigned long long>(of.end.settled()),
                static_cast<unsigned long long>(of.reads), wall, cpu / wall);
    std::fflush(stdout);
}

/// Reads once, answers, writes what the socket takes. False when the connection has ended.
bool serve(connection& with, int poller, std::vector<char>& buffer) {
    const auto size = recv(with.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size == 0 || (size < 0 && errno != EAGAIN))
        return false;
    bool open = true;
    if (size > 0) {
        ++with.reads;
        open = with.end.received({buffer.data(), static_cast<std::size_t>(size)});
    }
    with.end.deliver();
    auto& output = with.end.output;
    while (with.written < output.size()) {
        const auto sent = send(with.socket, output.data() + with.written,
                               output.size() - with.written, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0)
            break;
        with.written += static_cast<std::size_t>(sent);
    }
    if (with.written == output.size()) {
        output.clear();
        with.written = 0;
    }
    if (const bool more = !output.empty(); more != with.wants_out) {
        with.wants_out = more;
        watch(poller, EPOLL_CTL_MOD, with.socket, more ? EPOLLIN | EPOLLOUT : EPOLLIN, &with);
    }
    return open || !output.empty();
}

void accept_one(int listener, int poller, const sink_options& options) {
    const int socket = accept(listener, nullptr, nullptr);
    if (socket < 0)
        return;
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto* with = new connection{socket, sink{options}, measure_now()};
    watch(poller, EPOLL_CTL_ADD, socket, EPOLLIN, with);
}

[[noreturn]] void run(const sink_options& options, bool paced) {
    const int poller = epoll_create1(0);
    const int listener = listen_anywhere();
    char listening = 0;
    char ending = 0;
    watch(poller, EPOLL_CTL_ADD, listener, EPOLLIN, &listening);
    watch(poller, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, &ending);
    std::vector<char> buffer(std::size_t{1} << 20U);
    while (true) {
        epoll_event events[64];
        const int count = epoll_wait(poller, events, 64, -1);
        if (paced)
            usleep(pause_us);
        for (int i = 0; i < count; ++i) {
            void* what = events[i].data.ptr;
            if (what == &ending)
                std::exit(0);
            if (what == &listening) {
                accept_one(listener, poller, options);
                continue;
            }
            auto* with = static_cast<connection*>(what);
            if (serve(*with, poller, buffer))
                continue;
            report(*with);
            close(with->socket);
            delete with;
        }
    }
}

} // namespace

int main(int count, char** words) {
    sink_options options;
    bool paced = false;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--body" && i + 1 < count)
            options.body_size = std::strtoul(words[++i], nullptr, 10);
        else if (word == "--confirm-each")
            options.confirm_each = true;
        else if (word == "--confirm-from" && i + 1 < count)
            options.confirm_from = std::strtoul(words[++i], nullptr, 10);
        else if (word == "--paced")
            paced = true;
        else
            return std::fprintf(stderr, "unknown option: %s\n", words[i]), 2;
    }
    run(options, paced);
}
