#include <doctest/doctest.h>

#include <string>

#include <support/script.hpp>

using namespace std::string_literals;
using namespace taskwire;
using namespace taskwire::test;
using spec::basic::deliver;

namespace {

const proto::channel_id one{1, 1};
constexpr deliver to_a{"a", 1, false, "", "q"};
constexpr deliver to_b{"b", 1, false, "", "q"};

script open_channel(const proto::connection_options& options = {}) {
    script talk{options};
    talk.handshake({2047, 4096, 60}).channel();
    return talk;
}

} // namespace

TEST_CASE("a header's payload may be padded, and have continuation flags") {
    open_channel()
        .server(method(1, to_a) + raw_header(1, 60, 0, 2, "\x10\0\x02\0\0padding"s) + body(1, "hi"))
        .event("delivery 1.1 consumer_tag=a delivery_tag=1 routing_key=q | delivery_mode=2 | hi")
        .server(method(1, deliver{"a", 2, false, "", "q"}) +
                raw_header(1, 60, 0, 0, "\x10\x01\0\0\x02"s))
        .event("delivery 1.1 consumer_tag=a delivery_tag=2 routing_key=q | delivery_mode=2 | ")
        .replay();
}

TEST_CASE("the properties are also told as they came") {
    open_channel()
        .client([](world& w) {
            const auto bytes = method(1, to_a) + raw_header(1, 60, 0, 0,
                                                            "\x80\0\x03"
                                                            "x/y"s);
            auto room = w.machine.input();
            std::copy(bytes.begin(), bytes.end(), room.begin());
            w.machine.received(bytes.size(), w.now);
            const auto* event = w.machine.poll();
            REQUIRE(event != nullptr);
            const auto* delivery = std::get_if<proto::event::delivery>(event);
            REQUIRE(delivery != nullptr);
            CHECK(delivery->message->property_list == "\x80\0\x03"
                                                      "x/y"s);
            CHECK(delivery->message->properties.content_type == "x/y");
        })
        .replay_once();
}

TEST_CASE("messages of two channels may interleave frame by frame") {
    const table headers{{"h", "value of a"}};
    const spec::basic::properties of_a{.content_type = "type/of-a", .headers = headers};
    const spec::basic::properties of_b{.message_id = "id of b"};
    open_channel()
        .channel(2, 2, 2)
        .server(method(1, to_a) + method(2, to_b) + header(1, 10, of_a) + header(2, 6, of_b) +
                body(1, "first") + body(2, "one") + body(2, "two") + body(1, "piece"))
        .event("delivery 2.2 consumer_tag=b delivery_tag=1 routing_key=q | message_id=id of b | "
               "onetwo")
        .event("delivery 1.1 consumer_tag=a delivery_tag=1 routing_key=q | content_type=type/of-a "
               "headers={h=S:value of a} | firstpiece")
        .replay();
}

TEST_CASE("other channels and channel 0 may speak between the frames of a message") {
    open_channel()
        .channel(2, 2, 2)
        .client([](world& w) { w.request({2, 2}, spec::queue::declare{.queue = "x"}); })
        .expect("2 queue.declare queue=x")
        .server(method(1, to_a) + heartbeat() + header(1, 4, {.app_id = "app"}) +
                method(2, spec::queue::declare_ok{"x", 1, 2}) + body(1, "ab") +
                method(0, spec::connection::blocked{"alarm"}) + body(1, "cd"))
        .event("reply 2.2 #3 queue.declare-ok queue=x message_count=1 consumer_count=2")
        .event("blocked alarm")
        .event("delivery 1.1 consumer_tag=a delivery_tag=1 routing_key=q | app_id=app | abcd")
        .replay();
}

TEST_CASE("large bodies in many frames") {
    const std::string large(100'000, 'x');
    std::string bytes = message(1, to_a, large);
    for (std::uint64_t tag = 2; tag < 5; ++tag)
        bytes += message(1, deliver{"a", tag, false, "", "q"}, std::string(tag, 'y'));
    const auto talk =
        open_channel()
            .server(bytes)
            .event("delivery 1.1 consumer_tag=a delivery_tag=1 routing_key=q | | " + large)
            .event("delivery 1.1 consumer_tag=a delivery_tag=2 routing_key=q | | yy")
            .event("delivery 1.1 consumer_tag=a delivery_tag=3 routing_key=q | | yyy")
            .event("delivery 1.1 consumer_tag=a delivery_tag=4 routing_key=q | | yyyy");
    talk.replay_once();
}

TEST_CASE("a method frame may exceed frame_max up to header_size_max") {
    proto::connection_options options;
    options.header_size_max = 10'000;
    const table x_death{{"x-death", std::string(9'000, 'd')}};
    const table more{{"x-death", std::string(10'000, 'd')}};
    open_channel(options)
        .server(method(1, to_a) + header(1, 0, {.headers = x_death}))
        .event("delivery 1.1 consumer_tag=a delivery_tag=1 routing_key=q | headers={...")
        .replay_once();
    open_channel(options)
        .server(method(1, to_a) + header(1, 0, {.headers = more}).substr(0, 7))
        .expect("0 connection.close reply_code=501 ...")
        .event("channel_closed 1.1 a frame is larger than was negotiated ...")
        .event("closed a frame is larger than was negotiated ...")
        .replay();
}

TEST_CASE("a body above message_size_max costs its channel, not the connection") {
    proto::connection_options options;
    options.message_size_max = 1000;
    open_channel(options)
        .channel(2, 2, 2)
        .server(message(1, to_a, std::string(1000, 'x')))
        .event("delivery 1.1 ...")
        .client([](world& w) { w.request(one, spec::basic::qos{}); })
        .expect("1 basic.qos")
        .server(method(1, deliver{"a", 2, false, "", "q"}) + header(1, 1001))
        .expect("1 channel.close reply_code=311 reply_text=a body exceeds the consumer's limit "
                "class_id=60 method_id=60")
        .event("failed 1.1 #3 a message is larger than message_size_max")
        .server(body(1, std::string(1001, 'x')) + method(2, spec::basic::ack{1, false}))
        .server(method(1, spec::channel::close_ok{}))
        .event("channel_closed 1.1 a message is larger than message_size_max 'a body exceeds "
               "message_size_max (1000 bytes)' for 60,60")
        .replay();
    open_channel()
        .server(method(1, to_a) + header(1, std::uint64_t{1} << 62U))
        .expect("1 channel.close reply_code=311 ...")
        .replay();
}

TEST_CASE("tables nest as deep as table_depth_max") {
    proto::connection_options options;
    options.table_depth_max = 2;
    const table two{{"t", table{{"x", nullptr}}}};
    const table three{{"t", two}};
    open_channel(options)
        .server(method(1, to_a) + header(1, 0, {.headers = two}))
        .event("delivery 1.1 consumer_tag=a delivery_tag=1 routing_key=q | headers={t=F:{x=V}} | ")
        .server(method(1, to_a) + header(1, 0, {.headers = three}))
        .expect("0 connection.close reply_code=502 ...")
        .event("channel_closed 1.1 a content header cannot be decoded ...")
        .replay();
}
