#include <worker/substitution.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace std::string_literals;
using taskwire::tools::placeholder_values;
using taskwire::tools::substitute;

namespace {

using list = std::vector<std::string>;

list substituted(const list& argv, const placeholder_values& values) {
    list out;
    CHECK(substitute(argv, values, out) == "");
    return out;
}

} // namespace

TEST_CASE("placeholders in arguments") {
    const placeholder_values values{.body = "bo dy;rm", .id = "42", .attempt = 3, .slot = 8};
    CHECK(substituted({"cmd", "{}", "--to={id}", "{attempt}/{slot}", "{file}", "{}{}"}, values) ==
          list{"cmd", "bo dy;rm", "--to=42", "3/8", "/proc/self/fd/0", "bo dy;rmbo dy;rm"});
    CHECK(substituted({"cmd", "", "{", "}", "{x}", "{ }", "${id}", "{{}}", "{id"}, values) ==
          list{"cmd", "", "{", "}", "{x}", "{ }", "$42", "{bo dy;rm}", "{id"});
    CHECK(substituted({}, values) == list{});
}

TEST_CASE("a task does not choose the command") {
    CHECK(substituted({"{}", "{}"}, {.body = "rm"}) == list{"{}", "rm"});
}

TEST_CASE("what was put in is not looked at again") {
    CHECK(substituted({"cmd", "{}"}, {.body = "{id}{}", .id = "{}"}) == list{"cmd", "{id}{}"});
}

TEST_CASE("what an argument cannot hold") {
    list out = {"untouched"};
    const std::string nul = "a\0b"s;
    CHECK(substitute({"cmd", "{}"}, {.body = nul}, out) ==
          "the body contains NUL, which no argument can; use stdin or {file}");
    CHECK(substitute({"cmd", "{id}"}, {.id = nul}, out) ==
          "the id contains NUL, which no argument can; use stdin or {file}");
    CHECK(substituted({"cmd", "{file}"}, {.body = nul}) == list{"cmd", "/proc/self/fd/0"});
    const std::string most(131'071, 'x');
    CHECK(substituted({"cmd", "{}"}, {.body = most}) == list{"cmd", most});
    CHECK(substitute({"cmd", "{}"}, {.body = most + "x"}, out) ==
          "the body has 128 KiB and makes an argument longer than the system's 128 KiB; use stdin "
          "or {file}");
    CHECK_FALSE(substitute({"cmd", "-{}"}, {.body = most}, out).empty());
    CHECK(out == list{"untouched"});
}
