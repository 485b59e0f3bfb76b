#include <worker/output_lines.hpp>
#include <worker/output_tail.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using taskwire::tools::last_line;
using taskwire::tools::output_lines;
using taskwire::tools::output_tail;

namespace {

std::vector<std::string> cut(std::string_view input, std::size_t piece) {
    output_lines lines;
    std::vector<std::string> out;
    const auto sink = [&](std::string_view line) { out.emplace_back(line); };
    for (std::size_t at = 0; at < input.size(); at += piece) {
        lines.feed(input.substr(at, piece), sink);
    }
    lines.finish(sink);
    lines.finish(sink); // nothing is told twice
    return out;
}

} // namespace

TEST_CASE("lines come whole, however they arrive") {
    const std::vector<std::string> expected = {"a\n", "\n", "bcd\r\n", "e"};
    for (std::size_t piece = 1; piece < 12; ++piece) {
        CHECK(cut("a\n\nbcd\r\ne", piece) == expected);
    }
    CHECK(cut("", 1).empty());
    CHECK(cut("a\n", 2) == std::vector<std::string>{"a\n"});
}

TEST_CASE("a line longer than 64 KiB comes in pieces") {
    const std::string most(65'535, 'x');
    for (const std::size_t piece : {1000U, 65'535U, 65'536U, 70'000U, 1'000'000U}) {
        CHECK(cut(most + "\nb\n", piece) == std::vector<std::string>{most + "\n", "b\n"});
        CHECK(cut(most + "xyz\nb", piece) == std::vector<std::string>{most + "x", "yz\n", "b"});
        CHECK(cut(most + "x", piece) == std::vector<std::string>{most + "x"});
        CHECK(cut(most + "x\n", piece) == std::vector<std::string>{most + "x", "\n"});
    }
}

TEST_CASE("the tail is the last 4 KiB") {
    output_tail tail;
    CHECK(tail.take() == "");
    tail.feed("abc");
    CHECK(tail.take() == "abc");
    std::string all;
    for (int i = 0; i < 5000; ++i) {
        const std::string number = std::to_string(i) + "\n";
        tail.feed(number);
        all += number;
    }
    const std::string found = tail.take();
    CHECK(found.size() == 4096);
    CHECK(all.ends_with(found));
    tail.feed(std::string(100'000, 'a') + "b");
    CHECK(tail.take() == std::string(4095, 'a') + "b");
}

TEST_CASE("the last line that says something") {
    CHECK(last_line("") == "");
    CHECK(last_line("\n\r\n") == "");
    CHECK(last_line("only") == "only");
    CHECK(last_line("one\ntwo\r\n\n") == "two");
    CHECK(last_line("one\n  two") == "  two");
}
