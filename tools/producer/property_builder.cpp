#include <producer/property_builder.hpp>

namespace taskwire::tools {

namespace {

constexpr std::uint8_t delivery_mode_transient = 1;
constexpr std::uint8_t delivery_mode_persistent = 2;

std::optional<std::string_view> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string_view>{text};
}

} // namespace

property_builder::property_builder(const task_properties& common) : common_(common) {
    for (const auto& [name, value] : common_.headers)
        headers_.append(name, value);
    if (common_.ttl)
        expiration_ = std::to_string(common_.ttl->count());
    result_.delivery_mode = common_.transient ? delivery_mode_transient : delivery_mode_persistent;
    result_.type = unless_empty(common_.type);
    result_.content_type = unless_empty(common_.content_type);
    result_.correlation_id = unless_empty(common_.correlation_id);
    result_.reply_to = unless_empty(common_.reply_to);
    result_.app_id = unless_empty(common_.app_id);
    result_.priority = common_.priority;
    result_.expiration = unless_empty(expiration_);
}

const spec::basic::properties& property_builder::make(std::string_view id, std::uint64_t now_s,
                                                      std::string_view file) {
    result_.message_id = id;
    result_.timestamp = now_s;
    result_.headers.reset();
    if (!file.empty()) {
        file_headers_ = headers_;
        file_headers_.append("filename", file);
        result_.headers = file_headers_.view();
    } else if (!headers_.empty()) {
        result_.headers = headers_.view();
    }
    return result_;
}

} // namespace taskwire::tools
