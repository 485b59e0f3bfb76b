#include <taskwire/table.hpp>

#include <doctest/doctest.h>
#include <pthread.h>

#include <string>
#include <string_view>

using namespace std::string_literals;
using taskwire::errc;
using taskwire::table_view;

namespace {

std::string big_endian(std::size_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<char>((value >> shift) & 0xffU));
    return bytes;
}

/// The fields of a table in which tables nest `depth` deep, itself included.
std::string nested_tables(std::size_t depth) {
    std::string bytes;
    for (std::size_t i = 1; i < depth; ++i)
        bytes = "\x01kF" + big_endian(bytes.size()) + bytes;
    return bytes;
}

/// As above, of arrays inside one table.
std::string nested_arrays(std::size_t depth) {
    std::string bytes;
    for (std::size_t i = 2; i < depth; ++i)
        bytes = "A" + big_endian(bytes.size()) + bytes;
    return "\x01kA" + big_endian(bytes.size()) + bytes;
}

std::error_code fault_of(std::string_view bytes, std::size_t depth_max) {
    table_view view;
    return table_view::parse(bytes, depth_max, view);
}

void* parse_deep(void* fault) {
    // Each array adds five bytes: written from the outside in, in one pass.
    constexpr std::size_t depth = 26'000;
    std::string bytes = "\x01kA";
    for (std::size_t left = depth; left != 0; --left) {
        bytes += big_endian((left - 1) * 5);
        if (left != 1)
            bytes += 'A';
    }
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
