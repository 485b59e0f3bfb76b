#pragma once

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace taskwire::proto {

/// Overwrites a secret before it is forgotten; no optimiser drops that.
void wipe(std::string& secret) noexcept;

/// Who we are. Never printed; every copy wipes its password at its end.
struct credentials {
    std::string user = "guest";
    std::string password = "guest"; ///< or a token

    ~credentials() { wipe(password); }
};

/// The first of `wanted` that we know and that is among the server's space-separated `offered`;
/// empty when none is.
std::string_view choose_mechanism(std::string_view offered, const std::vector<std::string>& wanted);

/// The initial response of `mechanism`: PLAIN sends "\0user\0password", AMQPLAIN a table's fields
/// without the table's length, EXTERNAL nothing.
/// *Errors*: credentials_contain_nul; no_common_mechanism for a mechanism we do not know.
/// *Source*: RFC 4616; RabbitMQ's authentication mechanisms; RFC 4422, appendix A.
std::error_code initial_response(std::string_view mechanism, const credentials& who,
                                 std::string& response);

} // namespace taskwire::proto
