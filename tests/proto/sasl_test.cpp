#include <taskwire/proto/sasl.hpp>

#include <doctest/doctest.h>
#include <taskwire/error.hpp>

#include <string>
#include <string_view>

using namespace std::string_literals;
using namespace std::string_view_literals;
using taskwire::errc;
using taskwire::proto::choose_mechanism;
using taskwire::proto::credentials;
using taskwire::proto::initial_response;

TEST_CASE("our first choice among the offered mechanisms wins") {
    CHECK(choose_mechanism("PLAIN AMQPLAIN", {"PLAIN"}) == "PLAIN");
    CHECK(choose_mechanism("AMQPLAIN PLAIN EXTERNAL", {"EXTERNAL", "PLAIN"}) == "EXTERNAL");
    CHECK(choose_mechanism("AMQPLAIN PLAIN", {"EXTERNAL", "PLAIN"}) == "PLAIN");
}

TEST_CASE("mechanisms are whole words") {
    CHECK(choose_mechanism("AMQPLAIN", {"PLAIN"}).empty());
    CHECK(choose_mechanism("PLAIN", {"AMQPLAIN"}).empty());
    CHECK(choose_mechanism("PLAINER XPLAIN", {"PLAIN"}).empty());
    CHECK(choose_mechanism("plain", {"PLAIN"}).empty());
    CHECK(choose_mechanism("", {"PLAIN"}).empty());
    CHECK(choose_mechanism("  PLAIN  ", {"PLAIN"}) == "PLAIN");
    CHECK(choose_mechanism("PLAIN", {}).empty());
}

TEST_CASE("a mechanism that we do not know is passed over") {
    CHECK(choose_mechanism("RABBIT-CR-DEMO PLAIN", {"RABBIT-CR-DEMO", "PLAIN"}) == "PLAIN");
    CHECK(choose_mechanism("RABBIT-CR-DEMO", {"RABBIT-CR-DEMO"}).empty());
}

TEST_CASE("AMQPLAIN carries a table's fields without their length") {
    std::string response = "old";
    CHECK_FALSE(initial_response("AMQPLAIN", {"guest", "secret"}, response));
    CHECK(response == "\x05LOGINS\0\0\0\x05guest\x08PASSWORDS\0\0\0\x06secret"sv);
}

TEST_CASE("PLAIN carries user and password behind NULs") {
    std::string response = "old";
    CHECK_FALSE(initial_response("PLAIN", {"guest", "secret"}, response));
    CHECK(response == "\0guest\0secret"sv);
    CHECK_FALSE(initial_response("PLAIN", {"", ""}, response));
    CHECK(response == "\0\0"sv);
}

TEST_CASE("PLAIN cannot carry NUL") {
    std::string response = "old";
    CHECK(initial_response("PLAIN", {"guest", "se\0cret"s}, response) ==
          errc::credentials_contain_nul);
    CHECK(response.empty());
    CHECK(initial_response("PLAIN", {"gu\0est"s, "secret"}, response) ==
          errc::credentials_contain_nul);
    CHECK(response.empty());
}

TEST_CASE("EXTERNAL sends nothing and needs no credentials") {
    std::string response = "old";
    CHECK_FALSE(initial_response("EXTERNAL", {"a\0b"s, ""}, response));
    CHECK(response.empty());
}

TEST_CASE("a secret that is wiped is overwritten") {
    std::string secret(100, 's');
    const char* const bytes = secret.data();
    taskwire::proto::wipe(secret);
    CHECK(secret.empty());
    for (int i = 0; i < 100; ++i)
        REQUIRE(bytes[i] == 0);
}

TEST_CASE("an unknown mechanism is refused") {
    std::string response;
    CHECK(initial_response("CRAM-MD5", {}, response) == errc::no_common_mechanism);
}
