#include <producer/message_id.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using taskwire::tools::make_uuid_v7;
using taskwire::tools::sha256_hex;
using taskwire::tools::uuid_source;

TEST_CASE("the example of RFC 9562, appendix A.6") {
    CHECK(make_uuid_v7(0x017f22e279b0, {0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39,
                                        0x8f}) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

TEST_CASE("version and variant win over random bits and the clock's upper ones") {
    CHECK(make_uuid_v7(0xffff'ffff'ffff'ffff, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                               0xff}) == "ffffffff-ffff-7fff-bfff-ffffffffffff");
    CHECK(make_uuid_v7(0, {}) == "00000000-0000-7000-8000-000000000000");
}

TEST_CASE("a thousand ids differ and grow with time") {
    uuid_source source;
    std::set<std::string> seen;
    std::string last_time;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = source.next();
        REQUIRE(id.size() == 36);
        CHECK(id[14] == '7');
        CHECK(id.substr(0, 13) >= last_time);
        last_time = id.substr(0, 13);
        seen.insert(id);
    }
    CHECK(seen.size() == 1000);
}

TEST_CASE("SHA-256, the examples of FIPS 180-4") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
