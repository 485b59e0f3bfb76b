#include <doctest/doctest.h>

#include <string>

#include <support/script.hpp>

using namespace std::string_literals;
using namespace taskwire;
using namespace taskwire::test;
using spec::basic::deliver;

namespace {

constexpr deliver one_delivery{"c", 1, false, "", "q"};

script open_channel() {
    script talk;
    talk.handshake({2047, 4096, 60}).channel();
    return talk;
}

/// The server sends `bytes`: the machine queues connection.close with `code` before it reports
/// anything, keeps what follows to itself, and ends with close-ok.
void check_closes(const std::string& bytes, int code, const std::string& local, int class_id = 0,
                  int method_id = 0) {
    CAPTURE(local);
    auto blamed = ""s;
    if (class_id != 0)
        blamed =
            " class_id=" + std::to_string(class_id) + " method_id=" + std::to_string(method_id);
    open_channel()
        .server(bytes)
        .expect("0 connection.close reply_code=" + std::to_string(code) + " ...")
        .event("channel_closed 1.1 " + local + " ...")
        .server(method(1, spec::basic::ack{1, false}))
        .server(method(0, spec::connection::close_ok{}))
        .event("closed " + local + " ...")
        .replay();

    world w{{}};
    w.receive(server_start() + method(0, spec::connection::tune{2047, 4096, 60}) +
              method(0, spec::connection::open_ok{}));
    w.open();
    w.drain();
    w.receive(method(1, spec::channel::open_ok{}));
    while (w.next_frame() != "") {
    }
    auto room = w.machine.input();
    REQUIRE(room.size() >= bytes.size());
    std::copy(bytes.begin(), bytes.end(), room.begin());
    w.machine.received(bytes.size(), w.now);
    REQUIRE(w.machine.poll() != nullptr); // the first report
    CHECK(w.machine.queued_bytes() != 0); // comes after the close was queued
    w.drain();
    const auto close = w.next_frame();
    CHECK(close.starts_with("0 connection.close reply_code=" + std::to_string(code)));
    CHECK(close.ends_with(blamed));
}

/// Nothing that follows can be trusted: no close is sent.
void check_drops(const std::string& bytes, const std::string& local) {
    open_channel()
        .server(bytes)
        .event("channel_closed 1.1 " + local + " ...")
        .event("closed " + local + " ...")
        .server(heartbeat())
        .replay();
}

constexpr auto unexpected_frame = "a frame is not legal in this state";
constexpr auto unexpected_method = "a method is not legal in this state";
constexpr auto unknown_channel = "a frame is for a channel that is not open";
constexpr auto bad_header = "a content header cannot be decoded";
constexpr auto bad_arguments = "a method's arguments cannot be decoded";

} // namespace

TEST_CASE("a bad frame end or an unknown type: nothing more is trusted") {
    auto bad_end = heartbeat();
    bad_end.back() = '\xcd';
    check_drops(bad_end, "a frame does not end with 0xCE");
    for (const unsigned type : {0U, 4U, 5U, 7U, 9U, 0xceU})
        check_drops(raw_frame(type, 1, "x"), "a frame has an unknown type");
}

TEST_CASE("a frame that is too large: 501, and nothing more is trusted") {
    // A body frame may be as large as frame_max, eight more than is right.
    const auto head =
        message(1, one_delivery, "").substr(0, 0) + method(1, one_delivery) + header(1, 10'000);
    open_channel().server(head).server(body(1, std::string(4096, 'x'))).replay();
    open_channel()
        .server(head)
        .server("\x03\0\x01\0\0\x10\x01"s)
        .expect("0 connection.close reply_code=501 reply_text=FRAME_ERROR - a frame exceeds the "
                "negotiated size")
        .event("channel_closed 1.1 a frame is larger than was negotiated ...")
        .event("closed a frame is larger than was negotiated ...")
        .replay();
}

TEST_CASE("heartbeats: only on channel 0, only empty") {
    check_closes(raw_frame(8, 1, ""), 503, unexpected_frame);
    check_closes(raw_frame(8, 0, "x"), 501, unexpected_frame);
}

TEST_CASE("content: only on open channels, only after its method, and nothing in between") {
    const auto start = method(1, one_delivery);
    check_closes(header(0, 1), 504, unknown_channel);
    check_closes(body(0, "x"), 504, unknown_channel);
    check_closes(header(7, 1), 504, unknown_channel);
    check_closes(header(1, 1), 505, unexpected_frame);
    check_closes(body(1, "x"), 505, unexpected_frame);
    check_closes(start + body(1, "x"), 505, unexpected_frame, 60, 60);
    check_closes(start + header(1, 5) + header(1, 5), 505, bad_header, 60, 60);
    check_closes(start + method(1, one_delivery), 505, unexpected_frame, 60, 60);
    check_closes(start + header(1, 5) + method(1, spec::basic::ack{1, false}), 505,
                 unexpected_frame, 60, 80);
    check_closes(start + header(1, 5) + body(1, "he") + method(1, spec::channel::flow{false}), 505,
                 unexpected_frame, 20, 20);
}

TEST_CASE("content headers: class, weight, length, properties") {
    const auto start = method(1, one_delivery);
    check_closes(start + raw_header(1, 50, 0, 1, "\0\0"s), 501, bad_header, 60, 60);
    check_closes(start + raw_header(1, 60, 1, 1, "\0\0"s), 505, bad_header, 60, 60);
    check_closes(start + raw_frame(2, 1, "\0\x3c\0\0\0\0\0\0\0\0\0\x01\0"s), 501, bad_header, 60,
                 60);
    check_closes(start + raw_header(1, 60, 0, 1, "\x80\0\x05x"s), 502, bad_header, 60, 60);
    check_closes(start + raw_header(1, 60, 0, 1, "\x20\0\0\0\0\x03\x01kU"s), 502, bad_header, 60,
                 60);
}

TEST_CASE("a body that is longer than its header says: 501") {
    const auto start = method(1, one_delivery) + header(1, 5);
    check_closes(start + body(1, "hello!"), 501, "a body is longer than its header says", 60, 60);
    check_closes(start + body(1, "hel") + body(1, "low"), 501,
                 "a body is longer than its header says", 60, 60);
}

TEST_CASE("methods: arguments, ids, directions") {
    check_closes(raw_method(1, {60, 80}, "\0\0\0"s), 502, bad_arguments, 60, 80);
    check_closes(raw_method(1, {60, 80}, "\0\0\0\0\0\0\0\x01\0\0"s), 502, bad_arguments, 60, 80);
    check_closes(raw_method(1, {60, 60}, "\x01"s) + header(1, 0), 502, bad_arguments, 60, 60);
    check_closes(raw_method(0, {10, 60}, "\x05x"s), 502, bad_arguments, 10, 60);
    check_closes(raw_method(1, {60, 30}, ""), 502, bad_arguments, 60, 30);
    check_closes(raw_frame(1, 1, "\0\x3c\0"s), 501, bad_arguments);
    check_closes(raw_method(1, {60, 99}, ""), 503, "a method is unknown", 60, 99);
    check_closes(raw_method(0, {11, 10}, ""), 503, "a method is unknown", 11, 10);
    check_closes(method(1, spec::basic::publish{}), 503, unexpected_method, 60, 40);
    check_closes(method(1, spec::channel::open{}), 503, unexpected_method, 20, 10);
    check_closes(method(1, spec::channel::open_ok{}), 503, unexpected_method, 20, 11);
    check_closes(method(1, spec::channel::close_ok{}), 503, unexpected_method, 20, 41);
    check_closes(method(0, spec::connection::close_ok{}), 503, unexpected_method, 10, 51);
    check_closes(method(0, spec::connection::open_ok{}), 503, unexpected_method, 10, 41);
    check_closes(method(1, spec::connection::blocked{"x"}), 503, unexpected_method, 10, 60);
}

TEST_CASE("methods on channels that are not open: 504") {
    check_closes(method(2, spec::basic::ack{1, false}), 504, unknown_channel, 60, 80);
    check_closes(method(65535, spec::channel::open_ok{}), 504, unknown_channel, 20, 11);
    check_closes(method(0, spec::basic::ack{1, false}), 504, unknown_channel, 60, 80);
}

TEST_CASE("an empty body frame before the end is allowed") {
    open_channel()
        .server(method(1, one_delivery) + header(1, 5) + body(1, "") + body(1, "hel") +
                body(1, "") + body(1, "lo"))
        .event("delivery 1.1 consumer_tag=c delivery_tag=1 routing_key=q | | hello")
        .replay();
}
