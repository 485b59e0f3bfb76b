#pragma once

#include <common/exit_code.hpp>

#include <taskwire/connect_options.hpp>
#include <taskwire/failure.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace taskwire::tools {

// What the person was about to do.
struct advice_context {
    std::string tool;  // taskwire-producer
    std::string hosts; // mq1:5672, several with commas
    std::string user;
    std::string vhost;
    std::string queue; // "" if there is none
};

advice_context make_advice_context(std::string tool, const connect_options& to, std::string queue);

// An error in two lines, what is wrong and what to do about it, and how the tool ends.
struct advice {
    std::string problem;
    std::string remedy; // "" if we know none
    exit_code code = exit_code::unavailable;
};

// `text` is the broker's words (close_reason::text), or ours; "" if there are none.
advice advise(std::error_code code, std::string_view text, const advice_context& context);
advice advise(const error& fault, const advice_context& context);
advice advise(const close_reason& why, const advice_context& context);

// `text` as a shell takes it.
std::string shell_word(const std::string& text);

// The size of the message that the broker refused as too large; nothing if `text` says no such
// thing.
std::optional<std::uint64_t> refused_size(std::string_view text);

// `broker paused publishers: low on memory; waiting`, and that it goes on.
std::string describe_blocked(bool blocked, std::string_view reason);

} // namespace taskwire::tools
