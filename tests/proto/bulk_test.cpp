#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include <support/script.hpp>

using namespace taskwire;
using namespace taskwire::test;
using spec::basic::deliver;

/// Bodies in frames that are large enough to be received right into the body's memory.
namespace {

constexpr deliver to_a{"a", 1, false, "", "q"};
constexpr std::size_t payload_max = 20'000;

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>('a' + i % 23);
    return text;
}

script open_channel() {
    script talk;
    talk.handshake({2047, 32768, 60}).channel();
    return talk;
}

/// What one delivery came to: its body, and how much memory of its own that had.
struct arrived {
    std::string body;
    std::size_t memory = 0;
    bool has_memory = false;
    std::size_t count = 0;
};

void poll_all(world& w, arrived& into) {
    while (const auto* event = w.machine.poll())
        if (const auto* delivery = std::get_if<proto::event::delivery>(event)) {
            const auto& message = *delivery->message;
            into.body = message.body;
            into.has_memory = message.body_memory != nullptr;
            into.memory = into.has_memory ? message.body_memory->capacity() : 0;
            ++into.count;
        }
}

/// Feeds at most `cut` bytes a read, spread over the pieces of `inputs` in order.
void feed(world& w, std::string_view bytes, std::size_t cut, arrived& into) {
    while (!bytes.empty()) {
        std::size_t size = 0;
        for (const auto piece : w.machine.inputs()) {
            REQUIRE_FALSE(piece.empty());
            const auto part = std::min({piece.size(), cut - size, bytes.size() - size});
            std::copy_n(bytes.data() + size, part, piece.data());
            size += part;
        }
        w.machine.received(size, w.now);
        bytes.remove_prefix(size);
        poll_all(w, into);
    }
}

std::string in_frames(const std::string& text) {
    auto bytes = method(1, to_a) + header(1, text.size());
    for (std::size_t at = 0; at < text.size(); at += payload_max)
        bytes += body(1, text.substr(at, payload_max));
    return bytes;
}

} // namespace

TEST_CASE("a large body is the same however it is cut, and has no more memory than it needs") {
    for (const std::size_t cut : {1U, 7U, 1000U, 16'383U, 20'001U, 20'008U, 65'536U})
        open_channel()
            .client([cut](world& w) {
                const auto text = pattern(3 * payload_max + 17'000);
                arrived whole;
                feed(w, in_frames(text) + in_frames(text), cut, whole);
                CHECK(whole.count == 2);
                CHECK(whole.body == text);
                CHECK(whole.memory == text.size());
            })
            .replay_once();
}

TEST_CASE("a frame is received where it stays once enough of it has come") {
    open_channel()
        .client([](world& w) {
            const auto bytes = method(1, to_a) + header(1, std::size_t{100} << 20U) +
                               body(1, pattern(payload_max));
            const auto end_of = [&](std::size_t payload) { return bytes.size() - 1 - payload; };
            arrived none;
            feed(w, std::string_view{bytes}.substr(0, end_of(19'900)), 1000, none);
            CHECK(w.machine.inputs().size() == 1); // the input buffer's: nothing was made for it
            feed(w, std::string_view{bytes}.substr(end_of(19'900), 16'900), 1000, none);
            CHECK(w.machine.inputs().size() == 2);
            CHECK(w.machine.inputs().front().size() == 3000);
            CHECK(none.count == 0);
        })
        .replay_once();
}

TEST_CASE("a channel that we close in the middle of a large frame drops the frame") {
    open_channel()
        .client([](world& w) {
            const auto bytes = in_frames(pattern(2 * payload_max));
            arrived none;
            feed(w, std::string_view{bytes}.substr(0, 10'000), 1000, none);
            const auto room = w.machine.inputs().front(); // a read is under way into it
            w.machine.close_channel({1, 1}, w.now);
            poll_all(w, none);
            std::fill(room.begin(), room.end(), 'x');
            feed(w, std::string_view{bytes}.substr(10'000), 1000, none);
            CHECK(none.count == 0);
            CHECK(w.machine.state() == proto::connection_state::open);
        })
        .expect("1 channel.close reply_code=200 reply_text=bye")
        .replay_once();
}

TEST_CASE("the memory of a large frame outlives the connection's end") {
    open_channel()
        .client([](world& w) {
            const auto bytes = in_frames(pattern(payload_max));
            arrived none;
            feed(w, std::string_view{bytes}.substr(0, 10'000), 1000, none);
            const auto room = w.machine.inputs().front();
            w.machine.on_lost(std::make_error_code(std::errc::connection_reset));
            std::fill(room.begin(), room.end(), 'x'); // the read that was under way ends
            w.machine.received(room.size(), w.now);
        })
        .event("channel_closed 1.1 the connection was lost ...")
        .event("closed the connection was lost ...")
        .replay_once();
}

TEST_CASE("what is left of a large frame passes through when the connection ends meanwhile") {
    open_channel()
        .client([](world& w) {
            // Of a body that doubles its memory at a mebibyte, in the frame that waits for it.
            const auto bytes = in_frames(pattern(std::size_t{3} << 20U));
            const auto at = method(1, to_a).size() + header(1, 0).size() +
                            (std::size_t{1} << 20U) / payload_max * (payload_max + frame_overhead);
            arrived none;
            feed(w, std::string_view{bytes}.substr(0, at + 8000), 20'000, none);
            REQUIRE(w.machine.inputs().front().size() < payload_max - 8000); // less than is due
            w.close();
            w.receive(std::string_view{bytes}.substr(at + 8000)); // there is always room for it
        })
        .expect("0 connection.close reply_code=200 reply_text=bye")
        .event("channel_closed 1.1 the connection is closed")
        .server(method(0, spec::connection::close_ok{}))
        .event("closed none")
        .replay_once();
}

TEST_CASE("a body that comes whole after an empty frame has no memory of its own") {
    open_channel()
        .client([](world& w) {
            const auto text = pattern(payload_max);
            arrived whole;
            feed(w, method(1, to_a) + header(1, text.size()) + body(1, "") + body(1, text), 65'536,
                 whole);
            CHECK(whole.body == text);
            CHECK_FALSE(whole.has_memory);
        })
        .replay_once();
}

TEST_CASE("a large frame without its end octet ends the connection") {
    open_channel()
        .client([](world& w) {
            auto bytes = in_frames(pattern(payload_max));
            bytes.pop_back();
            arrived none;
            feed(w, bytes, 1000, none);
            CHECK(none.count == 0);
        })
        .server("x")
        .event("channel_closed 1.1 a frame does not end with 0xCE ...")
        .event("closed a frame does not end with 0xCE ...")
        .replay_once();
}
