#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <support/script.hpp>

using namespace taskwire;
using namespace taskwire::test;

namespace {

/// A broker in a few lines that refuses what RabbitMQ would refuse: frames on channels that are not
/// open, and acknowledgements of unknown tags.
class small_broker {
  public:
    explicit small_broker(std::mt19937& random) : random_(random) {}

    void read(const std::string& frame) {
        INFO("the broker reads " << frame);
        std::size_t end = 0;
        const auto number = static_cast<std::uint16_t>(std::stoi(frame, &end));
        const auto text = frame.substr(end + 1);
        if (text.starts_with("heartbeat"))
            return;
        if (number == 0) {
            if (text.starts_with("connection.close "))
                out += method(0, spec::connection::close_ok{});
            return;
        }
        if (text == "channel.open") {
            REQUIRE_FALSE(channels_.contains(number));
            channels_[number] = {};
            out += method(number, spec::channel::open_ok{});
            return;
        }
        REQUIRE(channels_.contains(number));
        read_on(number, channels_[number], text);
    }

    /// Something that a broker does by itself.
    void act(bool faults) {
        for (auto& [number, each] : channels_) {
            if (each.closing)
                continue;
            const auto dice = random_() % 12;
            if (dice < 3 && each.consuming)
                deliver(number, each);
            else if (dice < 6 && each.confirmed < each.published)
                confirm(number, each);
            else if (dice == 6 && faults && random_() % 8 == 0)
                close(number, each);
        }
    }

    /// Confirms whatever is open.
    void settle() {
        for (auto& [number, each] : channels_)
            if (!each.closing && each.confirmed < each.published)
                out += method(number, spec::basic::ack{each.confirmed = each.published, true});
    }

    std::string out; ///< on its way to the client

  private:
    struct state {
        bool closing = false;
        bool confirming = false;
        bool consuming = false;
        std::uint64_t next_tag = 1;
        std::set<std::uint64_t> unacknowledged;
        std::uint64_t published = 0;
        std::uint64_t confirmed = 0;
    };

    void read_on(std::uint16_t number, state& each, const std::string& text) {
        if (text.starts_with("channel.close-ok")) {
            REQUIRE(each.closing);
            channels_.erase(number);
        } else if (text.starts_with("channel.close")) {
            out += method(number, spec::channel::close_ok{});
            if (!each.closing) // else our own close is still to be answered
                channels_.erase(number);
        } else if (each.closing) {
            return;
        } else if (text.starts_with("basic.publish")) {
            each.published += each.confirming ? 1 : 0;
        } else if (text.starts_with("basic.ack")) {
            acknowledge(each, text);
        } else if (text.starts_with("queue.declare")) {
            out += method(number, spec::queue::declare_ok{"q", 0, 0});
        } else if (text.starts_with("basic.qos")) {
            out += method(number, spec::basic::qos_ok{});
        } else if (text.starts_with("basic.consume")) {
            out += method(number, spec::basic::consume_ok{"c"});
            each.consuming = true;
        } else if (text.starts_with("basic.get")) {
            out += method(number, spec::basic::get_empty{});
        } else if (text.starts_with("confirm.select")) {
            out += method(number, spec::confirm::select_ok{});
            each.confirming = true;
        } else {
            REQUIRE((text.starts_with("header ") || text.starts_with("body ")));
        }
    }

    static void acknowledge(state& each, const std::string& text) {
        const auto at = text.find("delivery_tag=");
        const auto tag = at == std::string::npos ? 0 : std::stoull(text.substr(at + 13));
        if (!text.ends_with(" multiple")) {
            REQUIRE(each.unacknowledged.erase(tag) == 1);
            return;
        }
        REQUIRE((tag == 0 || each.unacknowledged.contains(tag)));
        const auto end =
            tag == 0 ? each.unacknowledged.end() : each.unacknowledged.upper_bound(tag);
        each.unacknowledged.erase(each.unacknowledged.begin(), end);
    }

    void deliver(std::uint16_t number, state& each) {
        const std::string body(random_() % 9000, 'd');
        out += message(number, spec::basic::deliver{"c", each.next_tag, false, "", "q"}, body,
                       {.message_id = "id"}, 1 + random_() % 4088);
        each.unacknowledged.insert(each.next_tag++);
    }

    void confirm(std::uint16_t number, state& each) {
        const auto step = 1 + random_() % (each.published - each.confirmed);
        each.confirmed += step;
        if (random_() % 4 == 0)
            out += method(number, spec::basic::nack{each.confirmed, true, false});
        else
            out += method(number, spec::basic::ack{each.confirmed, true});
    }

    void close(std::uint16_t number, state& each) {
        out += method(number, spec::channel::close{404, "NOT_FOUND", 60, 40});
        each.closing = true;
    }

    std::mt19937& random_;
    std::map<std::uint16_t, state> channels_;
};

/// A client that does anything at any time.
void act(world& w, std::mt19937& random, std::vector<proto::channel_id>& channels) {
    if (channels.empty() || random() % 20 == 0) {
        if (const auto opened = w.open(); opened.number != 0)
            channels.push_back(opened);
        return w.drain();
    }
    const auto where = channels[random() % channels.size()];
    switch (random() % 10) {
    case 0:
        w.request(where, spec::queue::declare{.queue = "q"});
        break;
    case 1:
        w.request(where, spec::basic::qos{0, 1, false});
        break;
    case 2:
        w.request(where, spec::basic::consume{.queue = "q", .consumer_tag = "c"});
        break;
    case 3:
        w.request(where, spec::confirm::select{});
        break;
    case 4:
        w.request(where, spec::basic::get{"q", false});
        break;
    case 5:
        if (random() % 6 == 0)
            w.close_channel(where);
        break;
    case 6:
    case 7:
        w.machine.publish(where, {.routing_key = "q", .mandatory = random() % 2 == 0}, {},
                          std::string(random() % 20'000, 'p'));
        break;
    default:
        w.send(where, spec::basic::ack{random() % 12, random() % 3 == 0});
    }
    if (random() % 3 != 0)
        w.drain();
}

void exchange(world& w, small_broker& broker, std::size_t size) {
    const auto part = broker.out.substr(0, size);
    broker.out.erase(0, part.size());
    w.receive(part);
    w.drain();
    for (auto frame = w.next_frame(); !frame.empty(); frame = w.next_frame())
        broker.read(frame);
    while (w.next_event() != "") {
    }
}

void walk(unsigned seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    proto::connection_options options;
    options.channel_max = 5;
    options.input_buffer_size = 16;
    world w{options, random() % 3 == 0 ? 100U : 0U};
    w.receive(server_start() + method(0, spec::connection::tune{5, 4096, 60}) +
              method(0, spec::connection::open_ok{}));
    while (w.next_frame() != "" || w.next_event() != "") {
    }
    small_broker broker{random};
    std::vector<proto::channel_id> channels;
    for (int step = 0; step < 400; ++step) {
        act(w, random, channels);
        broker.act(true);
        if (random() % 2 == 0)
            exchange(w, broker, random() % 6000);
        if (random() % 50 == 0)
            w.pass(std::chrono::milliseconds{random() % 900});
    }
    // No more faults: everything ends well.
    for (int rounds = 0; rounds < 200 && (rounds < 3 || !broker.out.empty()); ++rounds) {
        exchange(w, broker, broker.out.size());
        broker.settle();
    }
    REQUIRE(broker.out.empty());
    REQUIRE(w.machine.state() == proto::connection_state::open);
    for (const auto& each : channels)
        CHECK(w.machine.unconfirmed_count(each) == 0);
    w.close();
    exchange(w, broker, 0);
    exchange(w, broker, broker.out.size());
    w.judge_end();
}

} // namespace

TEST_CASE("random conversations with a small broker break no rule and end well") {
    for (unsigned seed = 1; seed <= 60; ++seed)
        walk(seed);
}
