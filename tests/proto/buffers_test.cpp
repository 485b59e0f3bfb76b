#include <taskwire/proto/buffers.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

using taskwire::proto::byte_buffer;
using taskwire::proto::input_buffer;
using taskwire::proto::output_queue;

namespace {

void put(input_buffer& buffer, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto room = buffer.prepare();
        REQUIRE_FALSE(room.empty());
        const auto part = std::min(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), part);
        buffer.commit(part);
        bytes.remove_prefix(part);
    }
}

void put(output_queue& queue, std::string_view bytes) {
    if (bytes.empty())
        return;
    std::memcpy(queue.prepare(bytes.size()), bytes.data(), bytes.size());
    queue.commit(bytes.size());
}

/// Queues a body and keeps it, which makes a copy; where that is.
const char* put_copy(output_queue& queue, std::string_view body) {
    queue.append_adopted(queue.lend(body));
    queue.keep_lent();
    return queue.front().back().data();
}

std::string joined(output_queue& queue) {
    std::string bytes;
    for (const auto piece : queue.front())
        bytes.append(piece);
    return bytes;
}

} // namespace

TEST_CASE("a byte buffer keeps what is there when it grows") {
    byte_buffer buffer;
    CHECK(buffer.empty());
    std::string expected;
    for (int i = 0; i < 3000; ++i) {
        const auto text = std::to_string(i);
        buffer.append(text);
        expected += text;
    }
    CHECK(buffer.view() == expected);
    buffer.append({});
    CHECK(buffer.size() == expected.size());
    buffer.shrink_above(0);
    CHECK(buffer.view() == expected); // only an empty one gives memory back
    buffer.clear();
    buffer.shrink_above(buffer.capacity());
    CHECK(buffer.capacity() >= expected.size());
    buffer.shrink_above(100);
    CHECK(buffer.capacity() == 0);
    buffer.append("again");
    CHECK(buffer.view() == "again");
    auto taken = std::move(buffer);
    buffer.append("anew"); // NOLINT(bugprone-use-after-move): it is empty
    CHECK(taken.view() == "again");
    CHECK(buffer.view() == "anew");
}

TEST_CASE("an input buffer holds what was not consumed and grows only when full") {
    input_buffer buffer{16};
    CHECK(buffer.prepare().size() == 16);
    put(buffer, "0123456789");
    buffer.consume(4);
    CHECK(buffer.unread() == "456789");
    CHECK(buffer.prepare().size() == 10); // moved to the front, not grown
    CHECK(buffer.unread() == "456789");
    put(buffer, "abcdefghij");
    CHECK(buffer.prepare().size() == 16); // full: doubled
    CHECK(buffer.unread() == "456789abcdefghij");
    buffer.consume(16);
    CHECK(buffer.prepare().size() == 32);
    buffer.clear();
    CHECK(buffer.unread().empty());
}

TEST_CASE("what is queued during a write leaves with the next one") {
    output_queue queue;
    CHECK(queue.empty());
    CHECK(queue.front().empty());
    put(queue, "first");
    CHECK(joined(queue) == "first");
    put(queue, "second");
    CHECK(joined(queue) == "first");
    CHECK(queue.queued() == 11);
    queue.sent(2);
    CHECK(joined(queue) == "rst");
    CHECK(queue.queued() == 9);
    queue.sent(3);
    CHECK(joined(queue) == "second");
    queue.sent(6);
    CHECK(queue.empty());
    CHECK(queue.front().empty());
}

TEST_CASE("adopted bodies stand between the bytes around them and are not copied") {
    output_queue queue;
    put(queue, "head");
    std::string body(20'000, 'b');
    const auto* place = body.data();
    const auto kept = queue.adopt(std::move(body));
    queue.append_adopted(kept.substr(0, 15'000));
    put(queue, "|");
    queue.append_adopted(kept.substr(15'000));
    put(queue, "tail");
    CHECK(queue.queued() == 20'009);
    const auto pieces = queue.front();
    REQUIRE(pieces.size() == 5);
    CHECK(pieces[0] == "head");
    CHECK(pieces[1].data() == place);
    CHECK(pieces[2] == "|");
    CHECK(pieces[3].data() == place + 15'000);
    CHECK(pieces[4] == "tail");
}

TEST_CASE("a copied body stays in place until it was written, then its block serves the next") {
    output_queue queue;
    const auto* first = put_copy(queue, std::string(20'000, 'a'));
    CHECK(joined(queue) == std::string(20'000, 'a'));
    put_copy(queue, std::string(20'000, 'b'));
    CHECK(joined(queue) == std::string(20'000, 'a')); // the first is being written
    queue.sent(20'000);
    CHECK(joined(queue) == std::string(20'000, 'b'));
    put_copy(queue, std::string(18'000, 'c'));
    queue.sent(20'000);
    REQUIRE(queue.front().size() == 1);
    CHECK(queue.front()[0].data() == first);
    CHECK(joined(queue) == std::string(18'000, 'c'));
    queue.sent(18'000);
    CHECK(queue.empty());
    put_copy(queue, std::string(30'000, 'd')); // too large for what is there
    CHECK(joined(queue) == std::string(30'000, 'd'));
}

TEST_CASE("of a lent body only what was not sent is copied") {
    const std::string body(20'000, 'b');
    for (const std::size_t taken : {0, 3, 4, 5, 15'003, 15'004, 15'005, 20'005, 20'006}) {
        CAPTURE(taken);
        output_queue queue;
        std::string lent{body};
        put(queue, "head");
        queue.lend(lent);
        queue.append_adopted(std::string_view{lent}.substr(0, 15'000));
        put(queue, "|");
        queue.append_adopted(std::string_view{lent}.substr(15'000));
        put(queue, "|");
        if (taken != 0) { // else what is kept was not laid out either
            REQUIRE(queue.front().size() == 5);
            CHECK(queue.front()[1].data() == lent.data());
            queue.sent(taken);
        }
        queue.keep_lent();
        lent.assign(lent.size(), '!');
        queue.keep_lent(); // again does nothing
        const auto all = "head" + body.substr(0, 15'000) + "|" + body.substr(15'000) + "|";
        CHECK((joined(queue) == all.substr(taken)));
    }
}

TEST_CASE("random writes of random sizes keep the order of the bytes") {
    std::mt19937 random{7};
    output_queue queue;
    std::string in;
    std::string out;
    std::string lent;
    for (int step = 0; step < 3000; ++step) {
        if (random() % 2 == 0) {
            const std::string bytes(random() % 50, static_cast<char>('a' + step % 26));
            put(queue, bytes);
            in += bytes;
        }
        if (random() % 10 == 0) {
            const std::string body(16'384, static_cast<char>('A' + step % 26));
            in += body;
            if (step % 2 == 0) {
                queue.append_adopted(queue.adopt(body));
            } else {
                lent = body;
                queue.append_adopted(queue.lend(lent));
                put(queue, "|");
                in += '|';
            }
        }
        if (random() % 2 == 0) {
            auto all = joined(queue);
            const auto part = random() % (all.size() + 1);
            out.append(all, 0, part);
            queue.sent(part);
        }
        queue.keep_lent();
        lent.assign(lent.size(), '!');
        REQUIRE(queue.queued() == in.size() - out.size());
        REQUIRE(queue.empty() == (in.size() == out.size()));
    }
    while (!queue.empty()) {
        const auto all = joined(queue);
        out += all;
        queue.sent(all.size());
    }
    CHECK(in == out);
}

TEST_CASE("what is abandoned is not written, but what a socket may be reading stays in place") {
    output_queue queue;
    put(queue, "one");
    const auto body = queue.adopt(std::string(20'000, 'b'));
    queue.append_adopted(body);
    const auto pieces = queue.front();
    put(queue, "two");
    queue.abandon();
    CHECK(queue.empty());
    CHECK(queue.queued() == 0);
    CHECK(queue.front().empty());
    put(queue, "three"); // its owner may not know yet
    REQUIRE(pieces.size() == 2);
    CHECK(pieces[0] == "one");
    CHECK(pieces[1] == std::string(20'000, 'b'));
    queue.sent(20'003); // the write was already done
    CHECK(queue.empty());
    CHECK(queue.front().empty());
}
