#include <doctest/doctest.h>

#include <algorithm>
#include <new>
#include <string>

#include <support/allocations.hpp>
#include <support/frames.hpp>
#include <support/script.hpp>
#include <taskwire/proto/connection.hpp>

using namespace taskwire;
using namespace taskwire::test;

namespace {

const proto::channel_id one{1, 1};

/// A machine and its owner that allocate nothing themselves: no text, no judging.
struct bare {
    proto::connection machine{{}, time_point{}};
    std::size_t events = 0;

    void receive(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto room = machine.input();
            const auto part = std::min(room.size(), bytes.size());
            std::copy_n(bytes.begin(), part, room.begin());
            machine.received(part, time_point{});
            bytes.remove_prefix(part);
            drain();
        }
    }

    void drain() {
        while (const auto* event = machine.poll())
            if (!std::holds_alternative<std::monostate>(*event))
                ++events;
        std::size_t size = 0;
        for (const auto piece : machine.output())
            size += piece.size();
        if (size != 0)
            machine.sent(size, time_point{});
    }

    void open() {
        receive(server_start() + method(0, spec::connection::tune{2047, 131072, 60}) +
                method(0, spec::connection::open_ok{}));
        machine.open_channel(time_point{});
        receive(method(1, spec::channel::open_ok{}));
    }
};

} // namespace

TEST_CASE("a publish of 256 bytes and its confirm allocate nothing once warm") {
    bare owner;
    owner.open();
    owner.machine.request(one, spec::confirm::select{}, time_point{});
    owner.receive(method(1, spec::confirm::select_ok{}));
    const std::string body(256, 'x');
    const table headers{{"kind", "job"}};
    const spec::basic::properties properties{.headers = headers, .delivery_mode = std::uint8_t{2}};
    auto confirm = method(1, spec::basic::ack{0, false});

    const auto publish = [&](std::uint64_t number) {
        const auto result = owner.machine.publish(
            one, {.routing_key = "jobs", .mandatory = number % 2 == 0}, properties, body);
        REQUIRE(result.sequence == number);
        owner.drain();
        for (std::size_t i = 0; i < 8; ++i) // the tag in the confirm's bytes
            confirm[11 + 7 - i] = static_cast<char>((number >> (8 * i)) & 0xffU);
        owner.receive(confirm);
    };
    std::uint64_t number = 0;
    while (number < 1000)
        publish(++number);
    const auto before = allocated();
    const auto events = owner.events;
    while (number < 11'000)
        publish(++number);
    CHECK(allocated().count == before.count);
    CHECK(owner.events == events + 10'000);
    CHECK(owner.machine.unconfirmed_count(one) == 0);
}

TEST_CASE("a publish that copies a large body allocates nothing once warm") {
    bare owner;
    owner.open();
    const std::string body(1'000'000, 'x');
    const auto publish_three = [&] {
        for (int i = 0; i < 3; ++i)
            REQUIRE_FALSE(owner.machine.publish(one, {.routing_key = "jobs"}, {}, body).error);
        owner.drain();
    };
    for (int i = 0; i < 3; ++i)
        publish_three();
    const auto before = allocated();
    for (int i = 0; i < 20; ++i)
        publish_three();
    CHECK(allocated().count == before.count);
}

TEST_CASE("what large bodies leave behind is bounded") {
    bare owner;
    owner.open();
    const std::string body(262'144, 'x');
    const auto publish_16_mib = [&] {
        for (int i = 0; i < 64; ++i)
            REQUIRE_FALSE(owner.machine.publish(one, {.routing_key = "jobs"}, {}, body).error);
        owner.drain();
    };
    publish_16_mib();
    const auto before = allocated();
    publish_16_mib();
    CHECK(allocated().bytes - before.bytes >= std::size_t{12} << 20U); // 4 MiB were kept
}

TEST_CASE("a body for which there is no memory ends the connection, and nothing of it goes out") {
    bare owner;
    owner.open();
    std::size_t most = 0;
    SUBCASE("little is left") {
        most = 500'000;
    }
    SUBCASE("not even enough to say so") {
        most = 16;
    }
    {
        const std::string body(1'000'000, 'x');
        const allocation_limit limit{most};
        CHECK_THROWS_AS(owner.machine.publish(one, {.routing_key = "jobs"}, {}, body),
                        std::bad_alloc);
    }
    CHECK(owner.machine.output().empty());
    CHECK(owner.machine.state() == proto::connection_state::closed);
    owner.machine.keep_lent(); // has nothing to look at any more
    CHECK(owner.machine.publish(one, {.routing_key = "jobs"}, {}, std::string_view{"x"}).error ==
          errc::channel_closed);
}

TEST_CASE("a delivery of 256 bytes and its ack allocate nothing once warm") {
    bare owner;
    owner.open();
    const std::string body(256, 'x');
    const table headers{{"kind", "job"}};
    auto delivery = message(1, spec::basic::deliver{"c", 0, false, "", "jobs"}, body,
                            {.headers = headers, .delivery_mode = std::uint8_t{2}});
    const auto deliver = [&](std::uint64_t tag) {
        for (std::size_t i = 0; i < 8; ++i)
            delivery[13 + 7 - i] = static_cast<char>((tag >> (8 * i)) & 0xffU);
        // Cut inside the header frame: what was there has to move.
        owner.receive(std::string_view{delivery}.substr(0, 60));
        owner.receive(std::string_view{delivery}.substr(60));
        REQUIRE_FALSE(owner.machine.send(one, spec::basic::ack{tag, false}));
        owner.drain();
    };
    std::uint64_t tag = 0;
    while (tag < 1000)
        deliver(++tag);
    const auto before = allocated();
    const auto events = owner.events;
    while (tag < 11'000)
        deliver(++tag);
    CHECK(allocated().count == before.count);
    CHECK(owner.events == events + 10'000);
    CHECK(owner.machine.unacknowledged_count(one) == 0);
}

TEST_CASE("a body in several frames keeps its memory for the next one") {
    bare owner;
    owner.open();
    const auto bytes =
        message(1, spec::basic::return_{312, "NO_ROUTE", "", "q"}, std::string(20'000, 'x'));
    for (int i = 0; i < 10; ++i)
        owner.receive(bytes);
    const auto before = allocated();
    for (int i = 0; i < 100; ++i)
        owner.receive(bytes);
    CHECK(allocated().count == before.count);
}

TEST_CASE("a very large body's memory is given back with the next message") {
    bare owner;
    owner.open();
    const spec::basic::return_ no_route{312, "NO_ROUTE", "", "q"};
    const auto large = message(1, no_route, std::string(2'000'000, 'x'));
    const auto small = message(1, no_route, "x");
    const auto two = message(1, no_route, std::string(5000, 'x'));
    owner.receive(large);
    owner.receive(small);
    const auto before = allocated();
    owner.receive(two); // two frames: needs memory again, but not 2 MB
    CHECK(allocated().count > before.count);
    CHECK(allocated().bytes - before.bytes < 20'000);
}

TEST_CASE("a tag that waits for long does not keep those that came and went behind it") {
    proto::ledger tags;
    const auto before = allocated();
    REQUIRE(tags.open(1));
    for (std::uint64_t tag = 2; tag < 1'000'000; ++tag) {
        REQUIRE(tags.open(tag));
        REQUIRE(tags.settle(tag));
    }
    CHECK(allocated().bytes - before.bytes < 16 * 1024);
    CHECK(tags.outstanding() == 1);
    CHECK(tags.settle(1));
}

TEST_CASE("an announced length allocates nothing") {
    bare owner;
    owner.open();
    owner.receive(method(1, spec::basic::deliver{"c", 1, false, "", "q"}));
    const auto announced = header(1, std::uint64_t{100} << 20U); // 100 MiB are said to come
    const auto frame = body(1, std::string(100'000, 'x'));
    const auto before = allocated();
    owner.receive(announced);
    owner.receive(std::string_view{frame}.substr(0, 7));
    CHECK(allocated().bytes - before.bytes < 1000);
}

TEST_CASE("a large body's memory follows what came of it, not what was announced") {
    bare owner;
    owner.open();
    owner.receive(method(1, spec::basic::deliver{"c", 1, false, "", "q"}) +
                  header(1, std::uint64_t{100} << 20U)); // 100 MiB are said to come
    const auto frame = body(1, std::string(100'000, 'x'));
    const peak_growth grown;
    owner.receive(std::string_view{frame}.substr(0, 17'000));
    constexpr std::size_t at_once_max = (std::size_t{1} << 20U) + 16 * 1024; // and a few names
    CHECK(grown.bytes() <= at_once_max);
    owner.receive(std::string_view{frame}.substr(17'000));
    for (std::size_t came = 100'000; came < 5'000'000; came += 100'000) {
        owner.receive(frame);
        // While it moves there is the old memory too.
        CHECK(grown.bytes() <= std::max(at_once_max, 3 * (came + 100'000)));
    }
}
