#include <doctest/doctest.h>

#include <string>

#include <support/script.hpp>

using namespace taskwire;
using namespace taskwire::test;
using spec::connection::tune;

namespace {

/// What we answer to the server's values, given what we want.
std::string answer(const tune& server, std::uint16_t channel_max, std::uint32_t frame_max,
                   int heartbeat) {
    proto::connection_options options;
    options.channel_max = channel_max;
    options.frame_max = frame_max;
    options.heartbeat = std::chrono::seconds{heartbeat};
    world w{options};
    w.receive(server_start() + method(0, server));
    w.next_frame();
    w.next_frame();
    return w.next_frame();
}

} // namespace

TEST_CASE("the smaller value wins, and 0 means no limit") {
    const std::string head = "0 connection.tune-ok";
    CHECK(answer({2047, 131072, 60}, 2047, 131072, 60) ==
          head + " channel_max=2047 frame_max=131072 heartbeat=60");
    CHECK(answer({100, 9000, 10}, 2047, 131072, 60) ==
          head + " channel_max=100 frame_max=9000 heartbeat=10");
    CHECK(answer({2047, 131072, 60}, 10, 8192, 5) ==
          head + " channel_max=10 frame_max=8192 heartbeat=5");
    CHECK(answer({0, 0, 0}, 10, 8192, 5) == head + " channel_max=10 frame_max=8192 heartbeat=5");
    CHECK(answer({100, 9000, 10}, 0, 0, 0) ==
          head + " channel_max=100 frame_max=9000 heartbeat=10");
    CHECK(answer({0, 0, 0}, 0, 0, 0) == head);
}

TEST_CASE("0 is never the answer to a value of the server's") {
    for (const tune server : {tune{1, 4096, 1}, tune{65535, 0xffff'ffff, 65535}})
        for (const bool ours_zero : {false, true}) {
            const auto text = ours_zero ? answer(server, 0, 0, 0) : answer(server, 9, 9000, 9);
            CAPTURE(text);
            CHECK(text.find("channel_max=") != std::string::npos);
            CHECK(text.find("frame_max=") != std::string::npos);
            CHECK(text.find("heartbeat=") != std::string::npos);
        }
}

TEST_CASE("less than 8192 is never asked for, but taken down to 4096") {
    const std::string head = "0 connection.tune-ok channel_max=9";
    CHECK(answer({9, 131072, 0}, 9, 4096, 0) == head + " frame_max=8192");
    CHECK(answer({9, 0, 0}, 9, 1, 0) == head + " frame_max=8192");
    CHECK(answer({9, 4096, 0}, 9, 131072, 0) == head + " frame_max=4096");
    CHECK(answer({9, 4096, 0}, 9, 0, 0) == head + " frame_max=4096");
}

TEST_CASE("a frame_max below 4096 cannot be used") {
    script{}
        .expect("AMQP 0 0 9 1")
        .server(server_start())
        .expect("0 connection.start-ok ...")
        .server(method(0, tune{2047, 4095, 60}))
        .event("closed the server's tuning values are not usable 'the server offers a frame_max of "
               "4095' for 10,30")
        .replay();
}

TEST_CASE("a heartbeat beyond 16 bits asks for the most") {
    CHECK(answer({9, 9000, 0}, 9, 9000, 100'000) ==
          "0 connection.tune-ok channel_max=9 frame_max=9000 heartbeat=65535");
}

TEST_CASE("the negotiated values can be asked for") {
    script{}
        .handshake({7, 4096, 3})
        .check([](world& w) {
            CHECK(w.machine.channel_max() == 7);
            CHECK(w.machine.frame_max() == 4096);
            CHECK(w.machine.heartbeat() == std::chrono::seconds{3});
        })
        .replay_once();
    proto::connection_options options;
    options.channel_max = 0;
    options.frame_max = 0;
    options.heartbeat = std::chrono::seconds{0};
    script{options}
        .handshake({0, 0, 0})
        .check([](world& w) {
            CHECK(w.machine.channel_max() == 65535);
            CHECK(w.machine.frame_max() == 0);
            CHECK(w.machine.heartbeat() == std::chrono::seconds{0});
            CHECK(w.machine.deadline() == never);
        })
        .replay_once();
}
