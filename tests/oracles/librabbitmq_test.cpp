#include "canonical.hpp"
#include "encoding.hpp"
#include "librabbitmq.hpp"
#include "librabbitmq_pairs.hpp"

#include <doctest/doctest.h>

#include <type_traits>

#include <support/print.hpp>

using namespace taskwire;
using namespace taskwire::test;

namespace {

constexpr std::uint16_t basic_class = 60;

template <class Method>
inline constexpr bool is_unknown_there = std::is_same_v<Method, spec::connection::update_secret> ||
                                         std::is_same_v<Method, spec::connection::update_secret_ok>;

std::uint32_t scaled(std::uint32_t normal) {
    return is_long_run() ? 20 * normal : normal;
}

/// What librabbitmq writes into exactly `size` bytes.
std::string written_by(const auto& encode, std::size_t size) {
    std::string bytes(size, '?');
    const int used = encode(c_bytes(bytes));
    REQUIRE(used == static_cast<int>(size));
    return bytes;
}

/// Both ways: they read our bytes to the same values and write them alike; and from the values,
/// never having seen our bytes, they write the same.
template <class Method>
void judge(Method method) {
    const auto whole = encoded(spec::any_method{method});
    const auto arguments = std::string_view{whole}.substr(4);
    const auto number = static_cast<amqp_method_number_t>(Method::id.packed());
    CAPTURE(escaped(whole));
    using theirs = decltype(counterpart(method));
    c_pool pool;
    std::deque<table> kept;

    void* read = nullptr;
    REQUIRE(amqp_decode_method(number, pool.get(), c_bytes(arguments), &read) == 0);
    Method seen;
    pair(seen, *static_cast<theirs*>(read), from_c{kept});
    REQUIRE(canonical(spec::any_method{seen}) == canonical(spec::any_method{method}));
    const auto rewrite = [&](amqp_bytes_t to) { return amqp_encode_method(number, read, to); };
    REQUIRE(escaped(written_by(rewrite, arguments.size())) == escaped(arguments));

    auto* filled = pool.make<theirs>();
    pair(method, *filled, to_c{pool});
    const auto write = [&](amqp_bytes_t to) { return amqp_encode_method(number, filled, to); };
    REQUIRE(escaped(written_by(write, arguments.size())) == escaped(arguments));
}

} // namespace

TEST_SUITE_BEGIN("codec");

TEST_CASE("methods: librabbitmq reads and writes them as we do") {
    const auto count = scaled(40 * spec::methods.size());
    for (std::uint32_t index = 0; index < count; ++index) {
        CAPTURE(run_seed());
        CAPTURE(index);
        random_values random{run_seed(), index};
        std::visit(
            [](const auto& method) {
                if constexpr (!is_unknown_there<std::remove_cvref_t<decltype(method)>>)
                    judge(method);
            },
            random_method(random, index));
    }
}

TEST_CASE("properties in every combination: librabbitmq reads and writes them as we do") {
    for (std::uint32_t index = 0; index < (is_long_run() ? 4U : 1U) << 13U; ++index) {
        CAPTURE(run_seed());
        CAPTURE(index);
        random_values random{run_seed(), index};
        auto properties = random.fields<spec::basic::properties>((index % 8192U) << 3U);
        const auto bytes = encoded(properties);
        CAPTURE(escaped(bytes));
        c_pool pool;
        std::deque<table> kept;

        void* read = nullptr;
        REQUIRE(amqp_decode_properties(basic_class, pool.get(), c_bytes(bytes), &read) == 0);
        auto* seen = static_cast<amqp_basic_properties_t*>(read);
        spec::basic::properties ours;
        pair(ours, *seen, from_c{kept, seen->_flags});
        REQUIRE(canonical(ours) == canonical(properties));
        const auto rewrite = [&](amqp_bytes_t to) {
            return amqp_encode_properties(basic_class, read, to);
        };
        REQUIRE(escaped(written_by(rewrite, bytes.size())) == escaped(bytes));

        auto* filled = pool.make<amqp_basic_properties_t>();
        to_c fill{pool};
        pair(properties, *filled, fill);
        filled->_flags = fill.flags;
        const auto write = [&](amqp_bytes_t to) {
            return amqp_encode_properties(basic_class, filled, to);
        };
        REQUIRE(escaped(written_by(write, bytes.size())) == escaped(bytes));
    }
}

TEST_CASE("tables: librabbitmq reads and writes them as we do") {
    for (std::uint32_t index = 0; index < scaled(1'500); ++index) {
        CAPTURE(run_seed());
        CAPTURE(index);
        random_values random{run_seed(), index};
        const auto fields = random.table(5);
        std::string bytes(4, '\0');
        wire::store(bytes.data(), static_cast<std::uint32_t>(fields.view().bytes().size()));
        bytes += fields.view().bytes();
        CAPTURE(escaped(bytes));
        c_pool pool;

        amqp_table_t read{};
        std::size_t used = 0;
        REQUIRE(amqp_decode_table(c_bytes(bytes), pool.get(), &read, &used) == 0);
        REQUIRE(used == bytes.size());
        REQUIRE(canonical(read) == canonical(fields.view()));

        auto filled = c_table(fields, pool);
        std::string theirs(bytes.size(), '?');
        used = 0;
        REQUIRE(amqp_encode_table(c_bytes(theirs), &filled, &used) == 0);
        REQUIRE(used == bytes.size());
        REQUIRE(escaped(theirs) == escaped(bytes));
    }
}

TEST_SUITE_END();
