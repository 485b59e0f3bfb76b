#include "capture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <taskwire/endian.hpp>

namespace taskwire::test {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    CAPTURE(path.string());
    REQUIRE(file.is_open());
    return {std::istreambuf_iterator<char>{file}, {}};
}

capture read(const fs::path& path) {
    const auto document = nlohmann::json::parse(content_of(path));
    capture result{path.stem().string(),
                   document.at("client"),
                   document.at("broker"),
                   document.at("judge"),
                   {}};
    CAPTURE(result.name);
    REQUIRE(document.at("session") == result.name);
    auto client = content_of(fs::path{path}.replace_extension(".client"));
    auto server = content_of(fs::path{path}.replace_extension(".server"));
    for (const auto& said : document.at("frames")) {
        const bool from_client = said.at("from") == "client";
        auto& stream = from_client ? client : server;
        const std::size_t size = said.at("size");
        REQUIRE(size <= stream.size());
        result.frames.push_back({from_client, stream.substr(0, size), said});
        stream.erase(0, size);
    }
    REQUIRE(client.empty());
    REQUIRE(server.empty());
    return result;
}

std::vector<capture> read_all() {
    std::vector<fs::path> paths;
    for (const auto& each : fs::directory_iterator{TASKWIRE_CAPTURES_DIR})
        if (each.path().extension() == ".json")
            paths.push_back(each.path());
    REQUIRE_FALSE(paths.empty());
    std::sort(paths.begin(), paths.end());
    std::vector<capture> result;
    std::transform(paths.begin(), paths.end(), std::back_inserter(result), read);
    return result;
}

} // namespace

frame captured_frame::parsed() const {
    const auto scan = scan_frame(bytes, any_size);
    REQUIRE(scan.complete);
    REQUIRE(scan.size == bytes.size());
    return scan.found;
}

std::string capture::bytes_from(bool client_side) const {
    std::string result;
    for (const auto& each : frames)
        if (each.from_client == client_side)
            result += each.bytes;
    return result;
}

spec::any_method method_of(const frame& each) {
    REQUIRE(each.payload.size() >= 4);
    wire::reader in{each.payload.substr(4)};
    spec::any_method method;
    const auto packed = wire::load<std::uint32_t>(each.payload.data());
    REQUIRE(spec::decode_method(
        {static_cast<std::uint16_t>(packed >> 16U), static_cast<std::uint16_t>(packed & 0xffffU)},
        in, method));
    return method;
}

decoded_header header_of(const frame& each) {
    decoded_header result;
    REQUIRE(parse_content_header(each.payload, result.fixed));
    wire::reader in{result.fixed.property_list};
    REQUIRE(wire::decode_properties(in, result.properties));
    return result;
}

const std::vector<capture>& captures() {
    static const auto all = read_all();
    return all;
}

const capture& capture_of(std::string_view name) {
    const auto& all = captures();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const capture& each) { return each.name == name; });
    CAPTURE(name);
    REQUIRE(found != all.end());
    return *found;
}

} // namespace taskwire::test
