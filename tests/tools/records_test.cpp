#include <producer/records.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace std::string_literals;
using taskwire::tools::describe_too_large;
using taskwire::tools::framing;
using taskwire::tools::record;
using taskwire::tools::record_options;
using taskwire::tools::record_splitter;

namespace {

// A record as text: its body, or "!" if it is too large, then number and line.
std::string shown(const record& found) {
    return (found.too_large ? "!" : std::string(found.body)) + "|" + std::to_string(found.number) +
           "|" + std::to_string(found.line);
}

void drain(record_splitter& splitter, std::vector<std::string>& out) {
    while (const auto found = splitter.next()) {
        out.push_back(shown(*found));
    }
}

// Feeds `input` in pieces of `piece` bytes, preceded by one of `first`.
std::vector<std::string> cut(const record_options& options, std::string_view input,
                             std::size_t first, std::size_t piece) {
    record_splitter splitter(options);
    std::vector<std::string> out;
    splitter.feed(input.substr(0, first));
    drain(splitter, out);
    for (std::size_t at = first; at < input.size(); at += piece) {
        splitter.feed(input.substr(at, piece));
        drain(splitter, out);
    }
    splitter.finish();
    drain(splitter, out);
    CHECK_FALSE(splitter.next().has_value());
    return out;
}

// However the input is cut, the records are `expected`.
void check(const record_options& options, const std::string& input,
           const std::vector<std::string>& expected) {
    CAPTURE(input);
    for (std::size_t first = 0; first <= input.size(); ++first) {
        CAPTURE(first);
        CHECK(cut(options, input, first, input.size() + 1) == expected);
        CHECK(cut(options, input, first, 1) == expected);
        CHECK(cut(options, input, first, 3) == expected);
    }
}

} // namespace

TEST_CASE("lines") {
    const record_options lines;
    check(lines, "", {});
    check(lines, "a\nbb\n", {"a|1|1", "bb|2|2"});
    check(lines, "a\nbb", {"a|1|1", "bb|2|2"});
    check(lines, "a\r\nb\rc\r\n", {"a|1|1", "b\rc|2|2"});
    check(lines, "\n\na\n\r\n\nb\n\n", {"a|1|3", "b|2|6"});
    check(lines, "x\0y\n\xff\xfe\n"s, {"x\0y|1|1"s, "\xff\xfe|2|2"});
    check(lines, "a\r", {"a\r|1|1"});
}

TEST_CASE("empty lines can be kept") {
    const record_options keeping{.keep_empty = true};
    check(keeping, "\na\n\r\n", {"|1|1", "a|2|2", "|3|3"});
    check(keeping, "a\n\n", {"a|1|1", "|2|2"});
    check(keeping, "", {});
}

TEST_CASE("NUL-separated") {
    const record_options nul{.cut = framing::null};
    check(nul, "a\nb\0\0c\r\n\0d"s, {"a\nb|1|1", "c\r\n|2|3", "d|3|4"});
    check(nul, "a\0"s, {"a|1|1"});
}

TEST_CASE("a delimiter of the user's") {
    const record_options comma{.cut = framing::delimiter, .delimiter = ","};
    check(comma, "a,b\n,,c", {"a|1|1", "b\n|2|2", "c|3|4"});
    const record_options long_one{.cut = framing::delimiter, .delimiter = "--=="};
    check(long_one, "a--==b---==c--=--==d--=", {"a|1|1", "b-|2|2", "c--=|3|3", "d--=|4|4"});
    check(long_one, "--==--==", {});
    const record_options twin{.cut = framing::delimiter, .delimiter = "aa", .keep_empty = true};
    check(twin, "xaaaay", {"x|1|1", "|2|2", "y|3|3"});
    check(twin, "xaaay", {"x|1|1", "ay|2|2"});
}

TEST_CASE("the whole input") {
    const record_options whole{.cut = framing::whole};
    check(whole, "a\nb\0c\n"s, {"a\nb\0c\n|1|1"s});
    check(whole, "", {"|1|1"});
    const record_options small{.cut = framing::whole, .size_max = 3};
    check(small, "abc", {"abc|1|1"});
    check(small, "abcd", {"!|1|1"});
    check(small, "abcdefgh", {"!|1|1"});
}

TEST_CASE("a record that is too large is named and skipped") {
    const record_options small{.size_max = 3};
    check(small, "abc\nabcd\nxyz\n", {"abc|1|1", "!|2|2", "xyz|3|3"});
    check(small, "abc\r\nabcd\r\nxyz", {"abc|1|1", "!|2|2", "xyz|3|3"});
    check(small, "\nabcdefghijkl\n\nxyz\n", {"!|1|2", "xyz|2|4"});
    check(small, "ok\nabcdefghijkl", {"ok|1|1", "!|2|2"});
    check(small, "abc\r", {"!|1|1"});
    const record_options long_one{.cut = framing::delimiter, .delimiter = "--==", .size_max = 2};
    check(long_one, "abcdefgh--==x---==y", {"!|1|1", "x-|2|2", "y|3|3"});
    check(record_options{.size_max = 0}, "a\n\nb", {"!|1|1", "!|2|3"});
    CHECK(describe_too_large(record{.body = {}, .number = 17, .line = 19, .too_large = true},
                             16'777'216) == "task 17 (line 19) is larger than 16 MiB");
}

TEST_CASE("a record that is too large is not held") {
    record_splitter splitter(record_options{.size_max = 1000});
    const std::string chunk(4096, 'x');
    std::size_t refused = 0;
    for (int i = 0; i < 1000; ++i) {
        splitter.feed(chunk);
        while (splitter.next()) {
            ++refused;
        }
        CHECK(splitter.buffered() <= 2 * chunk.size());
    }
    CHECK(refused == 1);
}

TEST_CASE("a large record in small pieces, and many small records, cost linear time") {
    // Quadratic code would need minutes here.
    record_splitter large{record_options{}};
    const std::string piece(64, 'x');
    for (int i = 0; i < 1 << 18; ++i) {
        large.feed(piece);
        CHECK_FALSE(large.next().has_value());
    }
    large.finish();
    CHECK(large.next().value_or(record{}).body.size() == 64U << 18U);

    record_splitter small{record_options{}};
    std::string lines;
    for (int i = 0; i < 1 << 20; ++i) {
        lines += "x\n";
    }
    small.feed(lines);
    std::uint64_t count = 0;
    while (const auto found = small.next()) {
        count = found->number;
        if (count % 4096 == 0) {
            small.feed("y");
        }
    }
    CHECK(count == 1U << 20U);
}
