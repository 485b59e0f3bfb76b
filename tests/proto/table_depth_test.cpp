#include <taskwire/table.hpp>

#include <doctest/doctest.h>
#include <pthread.h>
#include <support/frames.hpp>

#include <string>
#include <string_view>

using namespace std::string_literals;
using taskwire::errc;
using taskwire::table_view;
using taskwire::test::nested_arrays;
using taskwire::test::nested_tables;

namespace {

std::error_code fault_of(std::string_view bytes, std::size_t depth_max) {
    table_view view;
    return table_view::parse(bytes, depth_max, view);
}

void* parse_deep(void* fault) {
    const auto bytes = nested_arrays(26'001);
    *static_cast<std::error_code*>(fault) = fault_of(bytes, 32);
    return nullptr;
}

} // namespace

TEST_CASE("tables and arrays nest 32 deep and not deeper") {
    CHECK_FALSE(fault_of(nested_tables(32), 32));
    CHECK(fault_of(nested_tables(33), 32) == errc::table_too_deep);
    CHECK_FALSE(fault_of(nested_arrays(32), 32));
    CHECK(fault_of(nested_arrays(33), 32) == errc::table_too_deep);
    CHECK(taskwire::table_depth_max_default == 32);
}

TEST_CASE("the depth is the caller's choice") {
    CHECK_FALSE(fault_of(nested_tables(1), 1));
    CHECK(fault_of(nested_tables(2), 1) == errc::table_too_deep);
    CHECK_FALSE(fault_of(nested_tables(100), 100));
    CHECK(fault_of(nested_tables(101), 100) == errc::table_too_deep);
}

TEST_CASE("26,000 nested arrays end in an error on a stack of 256 KiB") {
    std::error_code fault;
    pthread_attr_t small{};
    REQUIRE(pthread_attr_init(&small) == 0);
    REQUIRE(pthread_attr_setstacksize(&small, std::size_t{256} * 1024) == 0);
    pthread_t thread{};
    REQUIRE(pthread_create(&thread, &small, parse_deep, &fault) == 0);
    REQUIRE(pthread_join(thread, nullptr) == 0);
    pthread_attr_destroy(&small);
    CHECK(fault == errc::table_too_deep);
}
