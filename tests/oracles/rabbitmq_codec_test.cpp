#include "canonical.hpp"
#include "encoding.hpp"
#include "rabbitmq_judge.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <set>

#include <support/print.hpp>

using namespace taskwire;
using namespace taskwire::test;

namespace {

constexpr std::uint32_t batch_size = 256;
constexpr std::uint32_t flag_combinations = 1U << 13U;

struct vector {
    std::string text;
    std::string bytes;
};

std::uint32_t scaled(std::uint32_t normal) {
    return is_long_run() ? 10 * normal : normal;
}

/// We make and encode values. RabbitMQ must read what we meant and write it as we did.
void judge_ours(char question, std::uint32_t count,
                const std::function<vector(random_values&, std::uint32_t)>& make) {
    for (std::uint32_t first = 0; first < count; first += batch_size) {
        std::vector<std::string> texts;
        std::vector<std::string> vectors;
        for (auto index = first; index < std::min(count, first + batch_size); ++index) {
            random_values random{run_seed(), index};
            auto [text, bytes] = make(random, index);
            texts.push_back(std::move(text));
            vectors.push_back(std::move(bytes));
        }
        const auto verdicts = shared_rabbitmq_judge().ask(question, vectors);
        for (std::size_t each = 0; each < vectors.size(); ++each) {
            CAPTURE(run_seed());
            CAPTURE(first + each);
            CAPTURE(escaped(vectors[each]));
            REQUIRE(verdicts[each].text == texts[each]);
            REQUIRE(escaped(verdicts[each].bytes) == escaped(vectors[each]));
        }
    }
}

/// RabbitMQ makes and encodes values. We must read what it meant and write it as it did; except for
/// reserved fields, which we skip and send as zeros.
void judge_theirs(char kind, std::uint32_t count,
                  const std::function<vector(const std::string&)>& read) {
    for (std::uint32_t first = 0; first < count; first += batch_size) {
        const auto size = std::min(batch_size, count - first);
        const auto theirs = shared_rabbitmq_judge().generate(kind, run_seed(), first, size);
        for (std::uint32_t each = 0; each < size; ++each) {
            CAPTURE(run_seed());
            CAPTURE(first + each);
            std::string_view text = theirs[each].text;
            const auto& bytes = theirs[each].bytes;
            const bool reserved = text.starts_with("reserved");
            if (reserved)
                text.remove_prefix(std::string_view{"reserved"}.size() + (kind == 'M' ? 1 : 0));
            CAPTURE(escaped(bytes));
            const auto ours = read(bytes);
            REQUIRE(ours.text == text);
            if (!reserved)
                REQUIRE(escaped(ours.bytes) == escaped(bytes));
        }
    }
}

} // namespace

TEST_SUITE_BEGIN("codec");

TEST_CASE("RabbitMQ knows the methods that we know, and five that are its own") {
    std::set<std::string> theirs;
    for (auto& name : shared_rabbitmq_judge().method_names())
        theirs.insert(std::move(name));
    // access was removed from 0-9-1 and is answered still; credit is for its AMQP 1.0 plugin.
    for (const auto* foreign : {"access.request", "access.request_ok", "basic.credit",
                                "basic.credit_ok", "basic.credit_drained"})
        CHECK(theirs.erase(foreign) == 1);
    std::set<std::string> ours;
    for (const auto& each : spec::methods) {
        std::string name{each.name};
        std::replace(name.begin(), name.end(), '-', '_');
        ours.insert(std::move(name));
    }
    CHECK(ours == theirs);
}

TEST_CASE("methods: what we write, RabbitMQ reads") {
    judge_ours('M', scaled(40 * spec::methods.size()), [](random_values& random, auto index) {
        const auto method = random_method(random, index);
        return vector{canonical(method), encoded(method)};
    });
}

TEST_CASE("methods: what RabbitMQ writes, we read") {
    judge_theirs('M', scaled(40 * spec::methods.size()), [](const std::string& bytes) {
        const auto method = decoded_method(bytes);
        return vector{canonical(method), encoded(method)};
    });
}

TEST_CASE("properties in every combination: what we write, RabbitMQ reads") {
    const auto rounds = is_long_run() ? 2U : 1U;
    judge_ours('P', rounds * flag_combinations, [](random_values& random, auto index) {
        // Flag 15 is the first property, flag 3 the thirteenth.
        const auto properties = random.fields<spec::basic::properties>((index % 8192U) << 3U);
        return vector{canonical(properties), encoded(properties)};
    });
}

TEST_CASE("properties in every combination: what RabbitMQ writes, we read") {
    const auto rounds = is_long_run() ? 2U : 1U;
    judge_theirs('P', rounds * flag_combinations, [](const std::string& bytes) {
        const auto properties = decoded_properties(bytes);
        return vector{canonical(properties), encoded(properties)};
    });
}

TEST_CASE("tables: what we write, RabbitMQ reads") {
    judge_ours('T', scaled(1'500), [](random_values& random, auto) {
        const auto fields = random.table(5);
        return vector{canonical(fields.view()), std::string{fields.view().bytes()}};
    });
}

TEST_CASE("tables: what RabbitMQ writes, we read and build anew") {
    judge_theirs('T', scaled(1'500), [](const std::string& bytes) {
        table_view fields;
        REQUIRE_FALSE(table_view::parse(bytes, table_depth_max_default, fields));
        table again;
        for (const auto& [name, value] : fields)
            again.append(name, value);
        return vector{canonical(fields), std::string{again.view().bytes()}};
    });
}

TEST_SUITE_END();
