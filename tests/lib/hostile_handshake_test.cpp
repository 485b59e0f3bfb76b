#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>

#include "hostile.hpp"

/// Servers that do not want the client to get in: each costs a typed error, little memory, and no
/// more time than the deadline.
using namespace taskwire;
using namespace taskwire::test;
using namespace std::string_literals;
namespace c = spec::connection;
namespace ch = spec::channel;
namespace b = spec::basic;

namespace {

/// What may be buffered before connection.tune, and the client itself.
constexpr std::size_t handshake_memory_max = 256 * 1024;
constexpr auto far_deadline = 30s;

std::string start_with(std::string_view properties, std::string_view mechanisms = "PLAIN") {
    return method(0, c::start{0, 9, table_view::of_validated(properties), mechanisms, "en_US"});
}

std::string start() {
    const table capabilities{{"authentication_failure_close", true}};
    return start_with(table{{"capabilities", capabilities}}.view().bytes());
}

struct attack {
    const char* name;
    std::string bytes;
    errc expected;
};

/// What a server says first, in place of connection.start.
std::vector<attack> first_words() {
    const auto size_of = [](unsigned type, const char* size) {
        return std::string(1, static_cast<char>(type)) + "\0\0"s + std::string(size, 4);
    };
    return {
        {"a web server", "HTTP/1.1 400 Bad Request\r\n\r\n", errc::unknown_frame_type},
        {"a TLS server's alert", "\x15\x03\x01\x00\x02\x02\x46"s, errc::tls_required},
        {"a TLS server's hello", "\x16\x03\x03\x00\x7a\x02\x00\x00"s, errc::unknown_frame_type},
        {"an SSH server", "SSH-2.0-OpenSSH_9.2p1\r\n", errc::unknown_frame_type},
        {"zeros", std::string(100'000, '\0'), errc::unknown_frame_type},
        {"AMQP 1.0", "AMQP\x00\x01\x00\x00"s, errc::version_mismatch},
        {"AMQP with TLS", "AMQP\x02\x01\x00\x00"s, errc::version_mismatch},
        {"a method of 4 GiB", size_of(1, "\xff\xff\xff\xff"), errc::frame_too_large},
        {"a header of 4 GiB", size_of(2, "\xff\xff\xff\xff"), errc::frame_too_large},
        {"a body of 4 GiB", size_of(3, "\xff\xff\xff\xff"), errc::frame_too_large},
        {"a heartbeat of 4 GiB", size_of(8, "\xff\xff\xff\xff"), errc::frame_too_large},
        {"a method of 2 GiB", size_of(1, "\x80\x00\x00\x00"), errc::frame_too_large},
        {"a method a byte too large", size_of(1, "\x00\x00\x20\x01"), errc::frame_too_large},
        {"a wrong frame end", "\x01\x00\x00\x00\x00\x00\x00\xcd"s, errc::bad_frame_end},
        {"an empty method frame", raw_frame(1, 0, ""), errc::malformed_method},
        {"half a method id", raw_frame(1, 0, "\x00\x0a\x00"s), errc::malformed_method},
        {"an unknown method", raw_method(0, {10, 99}, ""), errc::unknown_method},
        {"an unknown class", raw_method(0, {0, 0}, ""), errc::unknown_method},
        {"start without arguments", raw_method(0, {10, 10}, ""), errc::malformed_method},
        {"tune first", method(0, c::tune{}), errc::unexpected_method},
        {"open-ok first", method(0, c::open_ok{}), errc::unexpected_method},
        {"blocked first", method(0, c::blocked{"no"}), errc::unexpected_method},
        {"close-ok first", method(0, c::close_ok{}), errc::unexpected_method},
        {"a client's own method", method(0, c::open{"/"}), errc::unexpected_method},
        {"a channel's method", method(1, ch::open_ok{}), errc::unknown_channel},
        {"a queue's method on channel 0", method(0, spec::queue::purge_ok{}),
         errc::unknown_channel},
        {"a delivery", delivery_of(1, "x"), errc::unknown_channel},
        {"a content header", header(0, 1), errc::unknown_channel},
        {"a body", body(65'535, "x"), errc::unknown_channel},
        {"a heartbeat on channel 1", raw_frame(8, 1, ""), errc::unexpected_frame},
        {"a heartbeat with a payload", raw_frame(8, 0, "x"), errc::unexpected_frame},
    };
}

/// connection.start with something wrong in it.
std::vector<attack> poisoned_starts() {
    std::string many_fields;
    while (many_fields.size() < 7'900)
        many_fields += "\x01kt\x01";
    return {
        {"nested arrays", start_with(nested_arrays(1'500)), errc::table_too_deep},
        {"nested tables", start_with(nested_tables(1'100)), errc::table_too_deep},
        {"an unknown kind", start_with("\x01k\x07"), errc::unknown_field_kind},
        {"a cut name", start_with("\xffk"), errc::malformed_table},
        {"a string of 4 GiB", start_with("\x01kS\xff\xff\xff\xff"), errc::malformed_table},
        {"an array of 4 GiB", start_with("\x01kA\xff\xff\xff\xff"), errc::malformed_table},
        {"a table of 4 GiB", raw_method(0, {10, 10}, "\x00\x09\xff\xff\xff\xff"s),
         errc::malformed_method},
        {"two thousand fields, and mechanisms we cannot use",
         start_with(many_fields, "GSSAPI RABBIT-CR-DEMO"), errc::no_common_mechanism},
        {"no mechanism", start_with("", ""), errc::no_common_mechanism},
        {"AMQP 0-8", method(0, c::start{0, 8, {}, "PLAIN", "en_US"}), errc::version_mismatch},
        {"AMQP 255-255", method(0, c::start{255, 255, {}, "PLAIN", "en_US"}),
         errc::version_mismatch},
        {"start twice", start() + start(), errc::unexpected_method},
        {"a challenge", start() + method(0, c::secure{"who?"}), errc::unexpected_method},
        {"open-ok before tune", start() + method(0, c::open_ok{}), errc::unexpected_method},
        {"a frame_max of 1", start() + method(0, c::tune{0, 1, 0}), errc::bad_tune},
        {"a frame_max of 4095", start() + method(0, c::tune{0, 4'095, 0}), errc::bad_tune},
        {"tune twice", start() + method(0, c::tune{}) + method(0, c::tune{}),
         errc::unexpected_method},
        {"a close without a code", start() + method(0, c::close{}), errc::connection_closed},
    };
}

void judge(const attack& each) {
    CAPTURE(each.name);
    const auto end = end_of_handshake(far_deadline, [&](peer& far) {
        far.expect_header();
        far.send_bytes(each.bytes);
    });
    CHECK(end.code == each.expected);
    CHECK(end.took < 5s);
    CHECK(end.memory < handshake_memory_max);
}

/// The server's half of a conversation: what it waits for, and what it then says.
struct turn {
    method_id awaited; ///< none: the protocol header
    std::string answer;
};

std::vector<turn> conversation() {
    return {{{}, start()},
            {c::start_ok::id, method(0, c::tune{10, 8'192, 0})},
            {c::tune_ok::id, ""},
            {c::open::id, method(0, c::open_ok{})},
            {ch::open::id, method(1, ch::open_ok{})},
            {b::qos::id, method(1, b::qos_ok{})},
            {b::consume::id, method(1, b::consume_ok{"c"}) +
                                 delivery_of(1, "a task", "c", {.content_type = "text/plain"})}};
}

/// Says the first `size` bytes of the conversation.
void play(peer& far, std::size_t size) {
    for (const auto& [awaited, answer] : conversation()) {
        if (awaited == method_id{})
            far.expect_header();
        else if (const auto in = far.next_frame(); !in || in->method != awaited)
            throw unexpected{"the client leaves the conversation"};
        const auto said = std::string_view{answer}.substr(0, size);
        far.send_bytes(said);
        size -= said.size();
        if (said.size() < answer.size())
            return;
    }
}

asio::awaitable<std::string> first_task(std::uint16_t port) {
    const auto options = options_for(port);
    const auto on = co_await connection::connect(co_await asio::this_coro::executor, options);
    const auto from = co_await consumer::open(on, "jobs");
    const auto task = co_await from.next();
    co_return std::string{task.body()};
}

} // namespace

TEST_SUITE("hostile-handshake") {
    TEST_CASE("what is no AMQP server is told at once") {
        for (const auto& each : first_words())
            judge(each);
    }

    TEST_CASE("a handshake that breaks a rule, or carries a bomb, ends at once") {
        for (const auto& each : poisoned_starts())
            judge(each);
    }

    TEST_CASE("every beginning of a conversation, and then the end") {
        std::size_t whole = 0;
        for (const auto& each : conversation())
            whole += each.answer.size();
        bool reset = false;
        SUBCASE("hanging up") {}
        SUBCASE("with a reset") {
            reset = true;
        }
        for (std::size_t size = 0; size <= whole; ++size) {
            CAPTURE(size);
            client_thread client;
            server listener;
            auto task = asio::co_spawn(client.io, first_task(listener.port()), use_future);
            auto far = listener.accept();
            play(far, size);
            if (size == whole) {
                CHECK(take(std::move(task)) == "a task");
            } else {
                reset ? far.reset() : far.hang_up();
                CHECK(failure_of(std::move(task)).code() == errc::connection_lost);
            }
            far.hang_up();
            CHECK(client.ended());
        }
    }

    TEST_CASE("a server that says its part byte by byte gets the time of one handshake") {
        const auto words = start() + method(0, c::tune{}) + method(0, c::open_ok{});
        const auto end = end_of_handshake(300ms, [&](peer& far) {
            for (const char each : words) {
                far.send_bytes({&each, 1});
                if (far.is_left_within(20ms))
                    return;
            }
        });
        CHECK(end.code == errc::handshake_timed_out);
        CHECK(end.took >= 300ms);
        CHECK(end.took < 3s);
        CHECK(end.memory < handshake_memory_max);
    }

    TEST_CASE("heartbeats without end get no more time either") {
        std::string words;
        SUBCASE("at once") {}
        SUBCASE("after the login") {
            words = start();
        }
        const auto end = end_of_handshake(300ms, [&](peer& far) {
            far.expect_header();
            far.send_bytes(words);
            std::string more;
            for (int i = 0; i < 1'000; ++i)
                more += heartbeat();
            far.flood(more);
        });
        CHECK(end.code == errc::handshake_timed_out);
        CHECK(end.took >= 300ms);
        CHECK(end.took < 3s);
        CHECK(end.memory < handshake_memory_max);
    }

    TEST_CASE("a server that stops in the middle of its handshake costs the deadline") {
        std::string words;
        SUBCASE("at once") {}
        SUBCASE("in a frame of 8192 bytes") {
            words = "\x01\x00\x00\x00\x00\x20\x00"s + std::string(8'000, 'x');
        }
        SUBCASE("in another version's header") {
            words = "AMQP\x00";
        }
        SUBCASE("in a TLS record that looks like nothing") {
            words = "\x01";
        }
        SUBCASE("after start") {
            words = start();
        }
        SUBCASE("after tune") {
            words = start() + method(0, c::tune{});
        }
        const auto end = end_of_handshake(200ms, [&](peer& far) {
            far.expect_header();
            far.send_bytes(words);
            CHECK(far.is_left_within(5s));
        });
        CHECK(end.code == errc::handshake_timed_out);
        CHECK(end.took >= 200ms);
        CHECK(end.took < 3s);
        CHECK(end.memory < handshake_memory_max);
    }

    TEST_CASE("a refusal keeps the server's text as it is, and no more of it than a short string") {
        const auto rude = std::string(253, '\x1b') + "\x9b\x07";
        const auto end = end_of_handshake(far_deadline, [&](peer& far) {
            far.expect_header();
            far.send_bytes(start());
            far.expect<c::start_ok>();
            far.send(0, c::close{403, rude, 10, 11});
            far.expect<c::close_ok>();
            far.expect_eof();
        });
        CHECK(end.code == errc::login_refused);
        CHECK(end.text == "login refused: " + rude);
    }

    TEST_CASE("a server that refuses and never reads does not keep the client") {
        const auto end = end_of_handshake(far_deadline, [&](peer& far) {
            far.send_bytes(start() + method(0, c::close{530, "no", 0, 0}));
        });
        CHECK(end.code == reply_code::not_allowed);
        CHECK(end.took < 5s);
    }
}
