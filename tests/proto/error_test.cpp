#include <taskwire/error.hpp>

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

using taskwire::errc;
using taskwire::reply_code;

TEST_CASE("every errc has a text of its own") {
    // The enumeration has no gaps: the last one is named here.
    std::set<std::string> texts;
    for (int value = 1; value <= static_cast<int>(errc::cancelled); ++value) {
        const auto code = make_error_code(static_cast<errc>(value));
        CAPTURE(value);
        CHECK(code.message() != "unknown taskwire error");
        CHECK(code.message().back() != '.');
        CHECK(texts.insert(code.message()).second);
    }
    CHECK(taskwire::taskwire_category().message(0) == "unknown taskwire error");
    CHECK(taskwire::taskwire_category().message(static_cast<int>(errc::cancelled) + 1) ==
          "unknown taskwire error");
}

TEST_CASE("some texts, word by word") {
    CHECK(make_error_code(errc::login_refused).message() == "login refused");
    CHECK(make_error_code(errc::bad_frame_end).message() == "a frame does not end with 0xCE");
    CHECK(make_error_code(errc::cancelled).message() == "the operation was cancelled");
}

TEST_CASE("every reply code has the spec's number and name") {
    const std::map<int, std::string> expected{
        {200, "REPLY_SUCCESS"},       {311, "CONTENT_TOO_LARGE"}, {312, "NO_ROUTE"},
        {313, "NO_CONSUMERS"},        {320, "CONNECTION_FORCED"}, {402, "INVALID_PATH"},
        {403, "ACCESS_REFUSED"},      {404, "NOT_FOUND"},         {405, "RESOURCE_LOCKED"},
        {406, "PRECONDITION_FAILED"}, {501, "FRAME_ERROR"},       {502, "SYNTAX_ERROR"},
        {503, "COMMAND_INVALID"},     {504, "CHANNEL_ERROR"},     {505, "UNEXPECTED_FRAME"},
        {506, "RESOURCE_ERROR"},      {530, "NOT_ALLOWED"},       {540, "NOT_IMPLEMENTED"},
        {541, "INTERNAL_ERROR"}};
    for (int value = 0; value < 1000; ++value) {
        const auto known = expected.find(value);
        const auto name = known == expected.end() ? "reply code" : known->second;
        const auto code = make_error_code(static_cast<reply_code>(value));
        CHECK(code.message() == name + " (" + std::to_string(value) + ")");
        CHECK(code.value() == value);
    }
}

TEST_CASE("the two categories are told apart") {
    CHECK(std::string{taskwire::taskwire_category().name()} == "taskwire");
    CHECK(std::string{taskwire::reply_category().name()} == "amqp");
    const std::error_code ours = errc::bad_frame_end;
    const std::error_code theirs = reply_code::not_found;
    CHECK(ours.category() == taskwire::taskwire_category());
    CHECK(theirs.category() == taskwire::reply_category());
    CHECK(theirs == reply_code::not_found);
    CHECK(theirs != std::error_code{404, taskwire::taskwire_category()});
}

TEST_CASE("hard errors close the connection, soft ones a channel") {
    using taskwire::spec::reply_code;
    for (const auto code : {320, 402, 501, 502, 503, 504, 505, 506, 530, 540, 541})
        CHECK(is_hard_error(static_cast<reply_code>(code)));
    for (const auto code : {200, 311, 312, 313, 403, 404, 405, 406})
        CHECK_FALSE(is_hard_error(static_cast<reply_code>(code)));
}
