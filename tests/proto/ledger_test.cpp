#include <taskwire/proto/ledger.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <set>
#include <vector>

using taskwire::proto::ledger;

namespace {

using ranges = std::vector<ledger::range>;

ranges settle_up_to(ledger& tags, std::uint64_t tag) {
    ranges settled;
    while (const auto run = tags.settle_up_to(tag))
        settled.push_back(*run);
    return settled;
}

ledger one_to(std::uint64_t last) {
    ledger tags;
    for (std::uint64_t tag = 1; tag <= last; ++tag)
        REQUIRE(tags.open(tag));
    return tags;
}

} // namespace

TEST_CASE("tags ascend") {
    ledger tags;
    CHECK_FALSE(tags.open(0));
    CHECK(tags.open(5));
    CHECK_FALSE(tags.open(5));
    CHECK_FALSE(tags.open(4));
    CHECK(tags.open(9));
    CHECK(tags.outstanding() == 2);
    CHECK(tags.last_opened() == 9);
}

TEST_CASE("each tag is settled once") {
    auto tags = one_to(3);
    CHECK(tags.settle(2));
    CHECK_FALSE(tags.settle(2));
    CHECK_FALSE(tags.is_outstanding(2));
    CHECK(tags.is_outstanding(1));
    CHECK(tags.settle(1));
    CHECK_FALSE(tags.settle(1));
    CHECK_FALSE(tags.settle(0));
    CHECK_FALSE(tags.settle(4));
    CHECK_FALSE(tags.settle(~std::uint64_t{0}));
    CHECK(tags.outstanding() == 1);
}

TEST_CASE("multiple settles runs of what is left, in order") {
    auto tags = one_to(8);
    CHECK(tags.settle(3));
    CHECK(tags.settle(5));
    CHECK(settle_up_to(tags, 6) == ranges{{1, 2}, {4, 4}, {6, 6}});
    CHECK(settle_up_to(tags, 6).empty());
    CHECK(tags.outstanding() == 2);
    CHECK(settle_up_to(tags, ~std::uint64_t{0}) == ranges{{7, 8}});
}

TEST_CASE("multiple works when its own tag was settled before, or never opened") {
    auto tags = one_to(4);
    CHECK(tags.settle(3));
    CHECK(settle_up_to(tags, 3) == ranges{{1, 2}});
    CHECK(settle_up_to(tags, 100) == ranges{{4, 4}});
    CHECK(tags.open(101));
    CHECK(settle_up_to(tags, 100).empty());
}

TEST_CASE("tags with gaps, as on a channel with a no_ack consumer") {
    ledger tags;
    for (const std::uint64_t tag : {2U, 3U, 10U, 11U, 1000U})
        REQUIRE(tags.open(tag));
    for (const std::uint64_t tag : {1U, 4U, 9U, 12U, 999U, 1001U})
        CHECK_FALSE(tags.settle(tag));
    CHECK(tags.settle(10));
    CHECK(settle_up_to(tags, 11) == ranges{{2, 3}, {11, 11}});
    CHECK(tags.settle(1000));
    CHECK(tags.outstanding() == 0);
}

TEST_CASE("clear forgets what is outstanding but not where the tags stand") {
    auto tags = one_to(3);
    tags.clear();
    CHECK(tags.outstanding() == 0);
    CHECK_FALSE(tags.settle(2));
    CHECK_FALSE(tags.open(3));
    CHECK(tags.open(4));
}

TEST_CASE("it agrees with a naive model under random operations") {
    for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
        CAPTURE(seed);
        std::mt19937_64 random{seed};
        ledger tags;
        std::set<std::uint64_t> model;
        std::uint64_t next = 1;
        for (int step = 0; step < 20'000; ++step) {
            // Seeds differ in how far behind the settlements lag and how often tags are skipped.
            const auto dice = random() % 100;
            const auto tag = next - std::min<std::uint64_t>(next, random() % (40 * seed));
            if (dice < 50) {
                next += random() % 10 < seed ? 1 + random() % 3 : 1;
                REQUIRE(tags.open(next));
                model.insert(next);
            } else if (dice < 95) {
                REQUIRE(tags.is_outstanding(tag) == model.contains(tag));
                REQUIRE(tags.settle(tag) == (model.erase(tag) == 1));
            } else {
                std::set<std::uint64_t> settled;
                std::uint64_t before = 0;
                for (const auto& run : settle_up_to(tags, tag)) {
                    REQUIRE(before < run.first);
                    before = run.last;
                    for (auto each = run.first; each <= run.last; ++each)
                        settled.insert(each);
                }
                const auto end = model.upper_bound(tag);
                REQUIRE(settled == std::set<std::uint64_t>(model.begin(), end));
                model.erase(model.begin(), end);
            }
            REQUIRE(tags.outstanding() == model.size());
            REQUIRE(tags.last_opened() == (next == 1 ? 0 : next));
        }
    }
}
