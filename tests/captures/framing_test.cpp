#include <doctest/doctest.h>

#include <support/watch.hpp>

#include "capture.hpp"

using namespace taskwire;
using namespace taskwire::test;

namespace {

/// One side's bytes as the frame parser gets them, without the protocol header.
std::string frames_from(const capture& session, bool client_side) {
    auto bytes = session.bytes_from(client_side);
    return client_side ? bytes.substr(protocol_header.size()) : bytes;
}

std::size_t count_from(const capture& session, bool client_side) {
    std::size_t count = 0;
    for (const auto& each : session.frames)
        if (each.from_client == client_side && !each.is_protocol_header())
            ++count;
    return count;
}

} // namespace

TEST_CASE("a captured stream is parsed into as many frames as tshark saw") {
    for (const auto& session : captures()) {
        for (const bool client_side : {true, false}) {
            INFO(session.name << (client_side ? ", client" : ", server"));
            const auto stream = frames_from(session, client_side);
            std::size_t count = 0;
            for (std::size_t at = 0; at < stream.size(); ++count) {
                const auto scan = scan_frame(std::string_view{stream}.substr(at), any_size);
                REQUIRE_FALSE(scan.fault);
                REQUIRE(scan.complete);
                at += scan.size;
            }
            CHECK(count == count_from(session, client_side));
        }
    }
}

TEST_CASE("a captured frame is complete with its last byte and not before") {
    for (const auto& session : captures()) {
        for (const auto& each : session.frames) {
            if (each.is_protocol_header())
                continue;
            INFO(session.name << ": " << each.said.dump());
            for (std::size_t size = 0; size < each.bytes.size(); ++size) {
                const auto scan =
                    scan_frame(std::string_view{each.bytes}.substr(0, size), any_size);
                REQUIRE_FALSE(scan.fault);
                REQUIRE_FALSE(scan.complete);
                REQUIRE(scan.size == (size < frame_head_size ? 0 : each.bytes.size()));
            }
            each.parsed();
        }
    }
}

TEST_CASE("captured clients keep the rules by which our own bytes are watched") {
    for (const auto& session : captures()) {
        INFO(session.name);
        watch rules;
        for (const auto& each : session.frames)
            if (each.from_client)
                for (const char byte : each.bytes)
                    rules.feed({&byte, 1});
        CHECK_FALSE(rules.inside_frame());
    }
}
