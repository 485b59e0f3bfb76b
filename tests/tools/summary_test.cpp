#include <common/summary.hpp>

#include <doctest/doctest.h>

using std::chrono::milliseconds;
using taskwire::tools::producer_summary;
using taskwire::tools::render;
using taskwire::tools::worker_summary;

TEST_CASE("the producer's summary") {
    producer_summary summary;
    summary.confirmed = 50'000;
    summary.body_bytes = 11'590'000;
    summary.elapsed = milliseconds(6100);
    CHECK(render(summary) == "50000 confirmed, 0 returned, 0 nacked, 0 unknown in 6.1 s "
                             "(8.2k/s, 1.9 MB/s)");
    summary.refused = 3;
    summary.returned = 2;
    summary.nacked = 1;
    summary.unknown = 4;
    CHECK(render(summary) == "50000 confirmed, 2 returned, 1 nacked, 4 unknown, 3 refused here "
                             "in 6.1 s (8.2k/s, 1.9 MB/s)");
}

TEST_CASE("the producer's summary of nothing, and of an instant") {
    CHECK(render(producer_summary{}) == "0 confirmed, 0 returned, 0 nacked, 0 unknown in 0.0 s");
    producer_summary instant;
    instant.confirmed = 1;
    instant.body_bytes = 5;
    CHECK(render(instant) == "1 confirmed, 0 returned, 0 nacked, 0 unknown in 0.0 s "
                             "(1.0k/s, 5.0 kB/s)");
    instant.elapsed = milliseconds(125'000);
    CHECK(render(instant) == "1 confirmed, 0 returned, 0 nacked, 0 unknown in 2m05s "
                             "(0/s, 0 B/s)");
}

TEST_CASE("the worker's summary") {
    worker_summary summary;
    summary.ok = 812;
    summary.failed = 1;
    summary.failed_queue = "mails.failed";
    summary.elapsed = milliseconds(19'400);
    summary.busy_share = 0.912;
    summary.p50 = milliseconds(180);
    summary.p99 = milliseconds(1900);
    CHECK(render(summary) ==
          "812 ok, 1 failed (mails.failed) in 19.4 s; busy 91%; p50 180ms p99 1.9s");
    summary.retried = 7;
    summary.returned = 0;
    CHECK(render(summary) == "812 ok, 7 retried, 1 failed (mails.failed), 0 returned in 19.4 s; "
                             "busy 91%; p50 180ms p99 1.9s");
}

TEST_CASE("the worker's summary without failures or tasks") {
    worker_summary summary;
    summary.failed_queue = "mails.failed";
    CHECK(render(summary) == "0 ok, 0 failed in 0.0 s; busy 0%");
    summary.failed = 2;
    summary.failed_queue = "";
    CHECK(render(summary) == "0 ok, 2 failed in 0.0 s; busy 0%");
}
