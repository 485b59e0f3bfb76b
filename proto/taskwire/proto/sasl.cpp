#include <taskwire/proto/sasl.hpp>

#include <algorithm>

#include <taskwire/error.hpp>
#include <taskwire/table.hpp>

namespace taskwire::proto {
namespace {

bool contains_word(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const auto end = std::min(words.find(' '), words.size());
        if (words.substr(0, end) == word)
            return true;
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

bool is_known(std::string_view mechanism) {
    return mechanism == "PLAIN" || mechanism == "AMQPLAIN" || mechanism == "EXTERNAL";
}

} // namespace

void wipe(std::string& secret) noexcept {
    volatile char* bytes = secret.data();
    for (std::size_t at = 0; at < secret.size(); ++at)
        bytes[at] = 0;
    secret.clear();
}

std::string_view choose_mechanism(std::string_view offered,
                                  const std::vector<std::string>& wanted) {
    for (const auto& each : wanted)
        if (is_known(each) && contains_word(offered, each))
            return each;
    return {};
}

std::error_code initial_response(std::string_view mechanism, const credentials& who,
                                 std::string& response) {
    response.clear();
    if (mechanism == "EXTERNAL")
        return {};
    if (mechanism == "AMQPLAIN") {
        response = table{{"LOGIN", who.user}, {"PASSWORD", who.password}}.view().bytes();
        return {};
    }
    if (mechanism != "PLAIN")
        return errc::no_common_mechanism;
    if (who.user.find('\0') != std::string::npos || who.password.find('\0') != std::string::npos)
        return errc::credentials_contain_nul;
    response.append(1, '\0').append(who.user).append(1, '\0').append(who.password);
    return {};
}

} // namespace taskwire::proto
