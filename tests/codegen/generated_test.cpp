#include "emit.hpp"

#include "paths.hpp"
#include "support.hpp"

#include <doctest/doctest.h>

// What is committed is what proto/spec says now.
TEST_SUITE("generated") {
    using namespace taskwire::codegen;
    using namespace taskwire::codegen::test;

    TEST_CASE("the committed files are up to date") {
        const auto files = emit(our_whole());
        REQUIRE(files.size() == 3);
        CHECK(files[0].name == "constants.gen.hpp");
        CHECK(files[1].name == "spec.gen.hpp");
        CHECK(files[2].name == "spec.gen.cpp");
        for (const auto& file : files) {
            CAPTURE(file.name);
            const auto committed = read_all(std::string(paths::proto) + "/taskwire/" + file.name);
            // Not CHECK(a == b): doctest would print both files whole.
            const bool same = committed == file.text;
            CHECK_MESSAGE(same, "stale: run `cmake --build BUILD --target regenerate`, and commit");
        }
    }

    TEST_CASE("generating twice gives the same bytes") {
        const auto first = emit(our_whole());
        const auto second = emit(our_whole());
        REQUIRE(first.size() == second.size());
        for (std::size_t i = 0; i < first.size(); ++i) {
            const bool same = first[i].text == second[i].text;
            CHECK(same);
        }
    }

    TEST_CASE("no line is longer than 100 columns and no path is in the text") {
        for (const auto& file : emit(our_whole())) {
            CAPTURE(file.name);
            CHECK(file.text.starts_with(
                "// GENERATED from proto/spec by taskwire-codegen; do not edit.\n"));
            std::size_t start = 0;
            while (start < file.text.size()) {
                const auto end = file.text.find('\n', start);
                REQUIRE(end != std::string::npos);
                CHECK_MESSAGE(end - start <= 100, file.text.substr(start, end - start));
                start = end + 1;
            }
            CHECK(file.text.find(std::string(paths::proto)) == std::string::npos);
        }
    }
}
