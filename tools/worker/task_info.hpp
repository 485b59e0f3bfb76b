#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace taskwire::tools {

// What a child is told of its task besides the body. Absent properties are nullopt.
struct task_info {
    std::string id = {};
    std::uint64_t attempt = 1;
    std::optional<std::uint64_t> max_attempts = {};
    bool redelivered = false;
    std::string queue = {};
    std::string exchange = {};
    std::string routing_key = {};
    std::uint64_t body_size = 0;
    std::uint64_t slot = 1;
    std::optional<std::chrono::milliseconds> timeout = {};

    std::optional<std::string> type = {};
    std::optional<std::string> content_type = {};
    std::optional<std::string> content_encoding = {};
    std::optional<std::string> correlation_id = {};
    std::optional<std::string> reply_to = {};
    std::optional<std::string> expiration = {};
    std::optional<std::string> user_id = {};
    std::optional<std::string> app_id = {};
    std::optional<std::uint8_t> priority = {};
    std::optional<std::uint8_t> delivery_mode = {};
    std::optional<std::uint64_t> timestamp_s = {}; // since 1970

    // In the order of the wire. Where a name stands twice, the first is used.
    std::vector<std::pair<std::string, nlohmann::ordered_json>> headers = {};

    bool is_last_attempt() const { return max_attempts.has_value() && attempt >= *max_attempts; }
};

} // namespace taskwire::tools
