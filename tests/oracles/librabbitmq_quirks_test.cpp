#include "canonical.hpp"
#include "encoding.hpp"
#include "librabbitmq.hpp"
#include "librabbitmq_pairs.hpp"

#include <doctest/doctest.h>

#include <cmath>

/// Where librabbitmq and we differ: the only differences that the other tests allow. Each is looked
/// at here, so that the list stays true when librabbitmq changes.

using namespace std::string_literals;
using namespace taskwire;
using namespace taskwire::test;

namespace {

std::string sized(std::string_view bytes) {
    std::string result(4, '\0');
    wire::store(result.data(), static_cast<std::uint32_t>(bytes.size()));
    return result.append(bytes);
}

std::string with_key(std::string_view value) {
    return "\x01k"s.append(value);
}

/// Whether librabbitmq reads these bytes, a table with its length, and what it then has.
int theirs(const std::string& bytes, c_pool& pool, amqp_table_t& fields) {
    std::size_t used = 0;
    return amqp_decode_table(c_bytes(bytes), pool.get(), &fields, &used);
}

std::error_code ours(std::string_view fields) {
    table_view parsed;
    return table_view::parse(fields, table_depth_max_default, parsed);
}

} // namespace

TEST_SUITE_BEGIN("quirks");

TEST_CASE("librabbitmq does not see that a nested table leaves its parent") {
    // The inner one announces the bytes of two fields; the outer one ends after the first.
    const auto inner = "\x01"
                       "aV\x01"
                       "bV"s;
    const auto field = with_key("F" + sized(inner));
    const auto outer = field.substr(0, field.size() - 3);
    auto bytes = sized(outer) + "\x01"
                                "bV";
    c_pool pool;
    amqp_table_t fields{};
    CHECK(theirs(bytes, pool, fields) == 0);
    REQUIRE(fields.num_entries == 1);
    CHECK(fields.entries[0].value.value.table.num_entries == 2);
    CHECK(ours(outer) == errc::malformed_table);
}

TEST_CASE("librabbitmq ignores what follows a method's arguments") {
    const auto bytes = encoded(spec::basic::ack{.delivery_tag = 1}) + "junk";
    c_pool pool;
    void* read = nullptr;
    CHECK(amqp_decode_method(AMQP_BASIC_ACK_METHOD, pool.get(),
                             c_bytes(std::string_view{bytes}.substr(4)), &read) == 0);
    wire::reader in{std::string_view{bytes}.substr(4)};
    spec::basic::ack ack;
    CHECK_FALSE(wire::decode(in, ack));
}

TEST_CASE("librabbitmq reads 'L' as an unsigned number, and sends it") {
    const auto fields = with_key("L"s + std::string(8, '\xff'));
    const auto bytes = sized(fields);
    c_pool pool;
    amqp_table_t read{};
    REQUIRE(theirs(bytes, pool, read) == 0);
    CHECK(read.entries[0].value.kind == AMQP_FIELD_KIND_U64);
    CHECK(read.entries[0].value.value.u64 == ~std::uint64_t{0});
    CHECK(table_view::of_validated(fields).find("k")->as_integer() == -1); // as RabbitMQ has it
    std::string again(bytes.size(), '?');
    std::size_t used = 0;
    REQUIRE(amqp_encode_table(c_bytes(again), &read, &used) == 0);
    CHECK(again == bytes);
}

TEST_CASE("librabbitmq reads a decimal without its sign") {
    const table fields{{"k", decimal{2, -1}}};
    c_pool pool;
    CHECK(c_table(fields, pool).entries[0].value.value.decimal.value == 4294967295U);
    amqp_table_t read{};
    REQUIRE(theirs(sized(fields.view().bytes()), pool, read) == 0);
    CHECK(read.entries[0].value.value.decimal.value == 4294967295U);
}

TEST_CASE("librabbitmq writes NaN, which we refuse to make") {
    amqp_table_entry_t entry{};
    entry.key = c_bytes("k");
    entry.value.kind = AMQP_FIELD_KIND_F64;
    entry.value.value.f64 = std::nan("");
    amqp_table_t fields{1, &entry};
    std::string bytes(4 + 2 + 1 + 8, '?');
    std::size_t used = 0;
    CHECK(amqp_encode_table(c_bytes(bytes), &fields, &used) == 0);
    CHECK_THROWS_AS(table_value{std::nan("")}, std::system_error);
}

TEST_CASE("librabbitmq nests without bound; we stop at an option") {
    const auto nested = [](int depth) {
        std::string value = "V";
        for (; depth > 0; --depth)
            value = "A" + sized(value);
        return with_key(value);
    };
    c_pool pool;
    amqp_table_t read{};
    CHECK(theirs(sized(nested(1'000)), pool, read) == 0);
    CHECK(ours(nested(1'000)) == errc::table_too_deep);
    CHECK_FALSE(ours(nested(20)));
}

TEST_CASE("librabbitmq does not know connection.update-secret") {
    const auto bytes = encoded(spec::connection::update_secret{.new_secret = "s", .reason = "r"});
    c_pool pool;
    void* read = nullptr;
    CHECK(amqp_decode_method(spec::connection::update_secret::id.packed(), pool.get(),
                             c_bytes(std::string_view{bytes}.substr(4)),
                             &read) == AMQP_STATUS_UNKNOWN_METHOD);
}

TEST_CASE("neither reads a kind that does not exist") {
    for (char kind = '\x01'; kind < '\x7f'; ++kind) {
        CAPTURE(kind);
        if (std::string_view{"tbBsuIilLfdDSxAFTV"}.find(kind) != std::string_view::npos)
            continue;
        const auto fields = with_key(std::string(1, kind) + std::string(8, '\0'));
        c_pool pool;
        amqp_table_t read{};
        CHECK(theirs(sized(fields), pool, read) != 0);
        CHECK(ours(fields) == errc::unknown_field_kind);
    }
}

TEST_SUITE_END();
