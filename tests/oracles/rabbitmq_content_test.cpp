#include "canonical.hpp"
#include "rabbitmq_judge.hpp"
#include "random_values.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include <support/frames.hpp>
#include <support/script.hpp>
#include <taskwire/proto/connection.hpp>

using namespace taskwire;
using namespace taskwire::test;

namespace {

constexpr std::uint32_t frame_max = 8192;
constexpr std::size_t payload_max = frame_max - 8;
constexpr time_point now{std::chrono::hours{1}};

/// CRC-32 as zlib and Erlang compute it: bodies are too long to be printed.
std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t sum = ~std::uint32_t{0};
    for (const char each : bytes) {
        sum ^= static_cast<unsigned char>(each);
        for (int bit = 0; bit < 8; ++bit)
            sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? 0xedb88320U : 0U);
    }
    return ~sum;
}

/// A machine with channel 1 open; it keeps the bytes that it writes and the deliveries that it
/// reads.
class client {
  public:
    client() : machine(options(), now) {
        receive(server_start());
        receive(method(0, spec::connection::tune{2047, frame_max, 0}));
        receive(method(0, spec::connection::open_ok{}));
        REQUIRE(machine.frame_max() == frame_max);
        channel = machine.open_channel(now).channel;
        receive(method(1, spec::channel::open_ok{}));
        written();
    }

    void receive(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto room = machine.input();
            const auto part = std::min(room.size(), bytes.size());
            std::memcpy(room.data(), bytes.data(), part);
            machine.received(part, now);
            bytes.remove_prefix(part);
            drain();
        }
    }

    /// What it wrote since the last call.
    std::string written() {
        drain();
        return std::exchange(output_, {});
    }

    proto::connection machine;
    proto::channel_id channel;
    std::vector<std::string> deliveries;

  private:
    static proto::connection_options options() {
        proto::connection_options chosen;
        chosen.frame_max = frame_max;
        return chosen;
    }

    void drain() {
        while (const auto* event = machine.poll()) {
            REQUIRE_FALSE(std::holds_alternative<proto::event::closed>(*event));
            REQUIRE_FALSE(std::holds_alternative<proto::event::channel_closed>(*event));
            if (const auto* found = std::get_if<proto::event::delivery>(event))
                deliveries.push_back(canonical(found->method) + " |" +
                                     canonical(found->message->properties) + " | " +
                                     std::to_string(crc32(found->message->body)) + " of " +
                                     std::to_string(found->message->body.size()));
        }
        while (!machine.output().empty()) {
            std::size_t size = 0;
            for (const auto piece : machine.output()) {
                output_.append(piece);
                size += piece.size();
            }
            machine.sent(size, now);
        }
    }

    std::string output_;
};

/// The sizes at which framing changes, then any.
std::size_t body_size(std::size_t index, random_values& random) {
    constexpr std::size_t edges[] = {0,
                                     1,
                                     payload_max,
                                     payload_max + 1, // frame_max - 8, frame_max - 7
                                     16'383,
                                     16'384, // from here a body is not copied
                                     2 * payload_max,
                                     2 * payload_max + 1,
                                     5 * payload_max + 77};
    return index < std::size(edges) ? edges[index] : random.below(50'000);
}

std::string behind_frame_max(std::string_view bytes) {
    std::string vector(4, '\0');
    wire::store(vector.data(), frame_max);
    return vector.append(bytes);
}

} // namespace

TEST_SUITE_BEGIN("content");

TEST_CASE("RabbitMQ's assembler gives back what our machine published") {
    client publishing;
    const std::size_t count = is_long_run() ? 1'000 : 100;
    for (std::size_t index = 0; index < count; ++index) {
        CAPTURE(run_seed());
        CAPTURE(index);
        random_values random{run_seed(), index};
        auto method = random.fields<spec::basic::publish>();
        const auto properties = random.fields<spec::basic::properties>(
            static_cast<unsigned>(random.below(1U << 13U)) << 3U);
        std::string body(body_size(index, random), '\0');
        for (auto& each : body)
            each = static_cast<char>(random.below(256));
        // With the method before and after it, to see where the content ends; copied and uncopied.
        REQUIRE_FALSE(
            publishing.machine.send(publishing.channel, spec::basic::recover_async{true}));
        const auto how = index % 2 == 0
                             ? publishing.machine.publish(publishing.channel, method, properties,
                                                          std::string_view{body})
                             : publishing.machine.publish(publishing.channel, method, properties,
                                                          std::string{body});
        if (how.error == errc::header_exceeds_frame_max) {
            REQUIRE(wire::measure(properties).size + 14 > payload_max);
            publishing.written();
            continue;
        }
        REQUIRE_FALSE(how.error);
        REQUIRE_FALSE(publishing.machine.send(publishing.channel, spec::basic::recover_async{}));

        const auto verdict =
            shared_rabbitmq_judge().ask('C', behind_frame_max(publishing.written()));
        REQUIRE(verdict.text == "1 basic.recover_async requeue=1\n1 " + canonical(method) + " |" +
                                    canonical(properties) + " | " + std::to_string(body.size()) +
                                    "\n1 basic.recover_async requeue=0\n");
        REQUIRE(verdict.bytes == body);
    }
}

TEST_CASE("our machine delivers what RabbitMQ framed") {
    client consuming;
    consuming.machine.request(consuming.channel, spec::basic::consume{.consumer_tag = "judge"},
                              now);
    consuming.receive(method(1, spec::basic::consume_ok{"judge"}));
    const std::uint32_t count = is_long_run() ? 1'000 : 100;
    constexpr std::uint32_t batch = 50;
    for (std::uint32_t first = 0; first < count; first += batch) {
        CAPTURE(run_seed());
        const auto theirs = shared_rabbitmq_judge().generate('C', run_seed(), first, batch);
        for (const auto& each : theirs) {
            consuming.receive(each.bytes);
            REQUIRE(consuming.deliveries.size() == 1);
            REQUIRE(consuming.deliveries.front() == each.text);
            consuming.deliveries.clear();
        }
    }
}

TEST_CASE("RabbitMQ's assembler refuses what our machine never writes") {
    const auto judged = [](const std::string& frames) {
        return shared_rabbitmq_judge().ask('C', behind_frame_max(frames)).text;
    };
    const auto publish = method(1, spec::basic::publish{});
    CHECK(judged(publish + header(1, 0)).starts_with("1 basic.publish "));
    CHECK(judged(publish + publish) == "refused: unexpected_frame");
    CHECK(judged(publish + body(1, "x")) == "refused: unexpected_frame");
    CHECK(judged(publish + header(1, 2) + publish) == "refused: unexpected_frame");
    CHECK(judged(publish + header(1, 2) + body(1, "x")) == "refused: incomplete_content");
    CHECK(judged(header(1, 0)) == "refused: unexpected_frame");
    CHECK(judged(publish + raw_header(1, 60, 1, 0, std::string_view{"\0\0", 2})) ==
          "refused: unexpected_frame");
    CHECK(judged(publish + header(1, 9000) + body(1, std::string(9000, 'x')))
              .starts_with("refused: "));
}

TEST_SUITE_END();
