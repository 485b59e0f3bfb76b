#include <support/script.hpp>

#include <doctest/doctest.h>

#include <algorithm>

namespace taskwire::test {

script& script::server(std::string bytes) {
    steps_.push_back({kind::server, std::move(bytes), {}, {}});
    return *this;
}

script& script::client(action what) {
    steps_.push_back({kind::client, {}, std::move(what), {}});
    return *this;
}

script& script::pass(duration time) {
    steps_.push_back({kind::pass, {}, {}, time});
    return *this;
}

script& script::expect(std::string frame) {
    steps_.push_back({kind::expect, std::move(frame), {}, {}});
    return *this;
}

script& script::event(std::string text) {
    steps_.push_back({kind::event, std::move(text), {}, {}});
    return *this;
}

script& script::check(action what) {
    steps_.push_back({kind::check, {}, std::move(what), {}});
    return *this;
}

script& script::handshake(const spec::connection::tune& tune) {
    expect("AMQP 0 0 9 1");
    server(server_start());
    expect("0 connection.start-ok ...");
    server(method(0, tune));
    expect("0 connection.tune-ok...");
    expect("0 connection.open virtual_host=/");
    server(method(0, spec::connection::open_ok{}));
    return event("opened");
}

script& script::channel(std::uint16_t number, std::uint64_t epoch, std::uint64_t request) {
    client([](world& w) { w.open(); });
    expect(std::to_string(number) + " channel.open");
    server(method(number, spec::channel::open_ok{}));
    return event("reply " + std::to_string(number) + "." + std::to_string(epoch) + " #" +
                 std::to_string(request) + " channel.open-ok");
}

script& script::confirming() {
    channel();
    client([](world& w) { w.request({1, 1}, spec::confirm::select{}); });
    expect("1 confirm.select");
    server(method(1, spec::confirm::select_ok{}));
    return event("reply 1.1 #2 confirm.select-ok");
}

void script::replay_once() const {
    run({}, 0, 0);
}

void script::replay() const {
    replay_once();
    run({}, 1, 7);
    run({}, 3, 1);
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        if (steps_[i].what == kind::server) {
            const auto size = steps_[i].text.size();
            const auto stride = 1 + size / 1000;
            for (std::size_t byte = 0; byte < size; byte += stride) {
                if (byte != 0)
                    run({i, byte, false}, 0, 0);
                run({i, byte, true}, 0, 0);
            }
        } else if (steps_[i].what == kind::client || steps_[i].what == kind::pass) {
            run({i, 0, true}, 0, 0);
        }
    }
    run({steps_.size(), 0, true}, 0, 0);
}

void script::run(const fault& at, std::size_t chunk, std::size_t write_size_max) const {
    auto options = options_;
    if (at.step != fault{}.step || chunk != 0)
        options.input_buffer_size = 16; // it grows and moves: stale views are seen by a sanitizer
    world w{options, write_size_max};
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const auto& each = steps_[i];
        INFO("step " << i << " of a replay with chunks of " << chunk << ", "
                     << std::string{at.lost ? "lost" : "cut"} << " at step " << at.step << " byte "
                     << at.byte);
        const bool stimulus =
            each.what == kind::server || each.what == kind::client || each.what == kind::pass;
        if (stimulus && !w.quiet())
            FAIL("not expected: frame '" << w.next_frame() << "' event '" << w.next_event() << "'");
        if (i == at.step) {
            w.receive(std::string_view{each.text}.substr(0, at.byte));
            if (at.lost)
                return lose(w);
            w.receive(std::string_view{each.text}.substr(at.byte));
            continue;
        }
        perform(w, each, chunk);
    }
    if (at.lost)
        return lose(w);
    if (!w.quiet())
        FAIL("not expected: frame '" << w.next_frame() << "' event '" << w.next_event() << "'");
}

void script::perform(world& w, const step& each, std::size_t chunk) const {
    const auto compare = [&](const std::string& actual) {
        const auto& wanted = each.text;
        const bool same = wanted.ends_with("...")
                              ? actual.starts_with(wanted.substr(0, wanted.size() - 3))
                              : actual == wanted;
        if (!same)
            FAIL("expected '" << wanted << "' but got '" << actual << "'");
    };
    switch (each.what) {
    case kind::server:
        for (std::size_t byte = 0; byte < each.text.size();) {
            const auto part = chunk == 0 ? each.text.size() : chunk;
            w.receive(std::string_view{each.text}.substr(byte, part));
            byte += part;
        }
        return;
    case kind::client:
        each.act(w);
        return w.drain();
    case kind::pass:
        return w.pass(each.time);
    case kind::expect:
        return compare(w.next_frame());
    case kind::event:
        return compare(w.next_event());
    case kind::check:
        return each.act(w);
    }
}

/// The connection breaks: everything ends, once, and what is asked afterwards fails at once.
void script::lose(world& w) {
    w.lose();
    REQUIRE(w.closed());
    w.judge_end();
    w.lose();
    REQUIRE(w.machine.deadline() == never);
    REQUIRE(w.open() == proto::channel_id{});
    w.request({1, 1}, spec::queue::declare{});
    w.drain();
    REQUIRE(w.publish({1, 1}, {}, "late").error);
    REQUIRE(w.send({1, 1}, spec::basic::ack{1}) == errc::stale_delivery);
    w.close_channel({1, 1});
    w.close();
    w.receive(heartbeat());
    w.drain();
    w.judge_end();
    while (w.next_frame() != "") {
    }
}

std::string server_start(std::string_view mechanisms, bool failure_close) {
    table capabilities{{"publisher_confirms", true}, {"basic.nack", true}};
    if (failure_close)
        capabilities.append("authentication_failure_close", true);
    const table properties{{"capabilities", capabilities}, {"product", "RabbitMQ"}};
    return method(0, spec::connection::start{0, 9, properties, mechanisms, "en_US"});
}

} // namespace taskwire::test
