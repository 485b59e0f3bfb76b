#include "broker.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace taskwire::test {
namespace {

/// What a command prints. The arguments are our own, so a shell may see them.
std::string output_of(const std::string& command) {
    auto* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr)
        throw std::runtime_error{"cannot start: " + command};
    std::string text;
    for (int each = std::fgetc(pipe); each != EOF; each = std::fgetc(pipe))
        text.push_back(static_cast<char>(each));
    if (::pclose(pipe) != 0)
        throw std::runtime_error{"failed: " + command};
    while (text.ends_with('\n'))
        text.pop_back();
    return text;
}

std::string broker_sh(std::string_view command, const std::string& folder) {
    return output_of(TASKWIRE_BROKER_SH " " + std::string{command} + " '" + folder + "'");
}

connect_options options_of(const std::string& folder) {
    return connect_options::from_uri(broker_sh("url", folder));
}

std::string shared_folder() {
    const char* folder = std::getenv("TASKWIRE_BROKER_DIR");
    if (folder == nullptr)
        throw std::runtime_error{"TASKWIRE_BROKER_DIR is not set: run this by ctest"};
    return folder;
}

void control_broker(const std::string& folder, std::string_view arguments) {
    output_of(TASKWIRE_BROKER_SH " ctl '" + folder + "' " + std::string{arguments});
}

} // namespace

connect_options shared_broker() {
    static const auto options = options_of(shared_folder());
    return options;
}

connect_options shared_broker_with_tls() {
    static const auto options = connect_options::from_uri(broker_sh("tls-url", shared_folder()));
    return options;
}

void control_shared_broker(std::string_view arguments) {
    control_broker(shared_folder(), arguments);
}

private_broker::private_broker() {
    auto name = (std::filesystem::temp_directory_path() / "taskwire-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
        throw std::runtime_error{"no temporary folder"};
    folder_ = name;
    broker_sh("start", folder_);
}

private_broker::~private_broker() {
    try {
        broker_sh("stop", folder_);
        std::filesystem::remove_all(folder_);
    } catch (const std::exception& what) {
        std::fprintf(stderr, "%s\n", what.what());
    }
}

connect_options private_broker::options() const {
    return options_of(folder_);
}

void private_broker::kill() const {
    broker_sh("kill", folder_);
}

void private_broker::resume() const {
    broker_sh("resume", folder_);
}

void private_broker::control(std::string_view arguments) const {
    control_broker(folder_, arguments);
}

} // namespace taskwire::test
