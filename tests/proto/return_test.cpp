#include <doctest/doctest.h>

#include <string>

#include <support/script.hpp>

using namespace taskwire;
using namespace taskwire::test;
using spec::basic::return_;

namespace {

const proto::channel_id one{1, 1};
const spec::basic::publish mandatory{.routing_key = "nowhere", .mandatory = true};
const return_ no_route{312, "NO_ROUTE", "", "nowhere"};

table sequence(std::int64_t number) {
    return table{{"taskwire-sequence", number}};
}

} // namespace

TEST_CASE("a return finds its publish by a header of ours, then comes the confirm") {
    const auto second = sequence(2);
    script{}
        .handshake()
        .confirming()
        .client([](world& w) {
            CHECK(w.publish(one, {.routing_key = "q"}, "a").sequence == 1);
            CHECK(w.publish(one, mandatory, "b").sequence == 2);
        })
        .expect("1 basic.publish routing_key=q")
        .expect("1 header size=1") // not mandatory: no header of ours
        .expect("1 body a")
        .expect("1 basic.publish routing_key=nowhere mandatory")
        .expect("1 header size=1 headers={taskwire-sequence=l:2}")
        .expect("1 body b")
        .server(message(1, no_route, "b", {.headers = second}))
        .event("returned 1.1 #2 reply_code=312 reply_text=NO_ROUTE routing_key=nowhere | "
               "headers={taskwire-sequence=l:2} | b")
        .server(method(1, spec::basic::ack{2, true}))
        .event("settled 1.1 1-2")
        .replay();
}

TEST_CASE("our header stands before the user's, and replaces one that a former publish left") {
    const table users{{"a", 1}, {"taskwire-sequence", std::int64_t{77}}, {"b", 2}};
    const table others{{"a", 1}};
    script{}
        .handshake()
        .confirming()
        .client([&](world& w) {
            w.publish(one, mandatory, "", {.headers = others, .priority = std::uint8_t{3}});
            w.publish(one, mandatory, "", {.headers = users});
            w.publish(one, {.routing_key = "q"}, "", {.headers = users});
        })
        .expect("1 basic.publish routing_key=nowhere mandatory")
        .expect("1 header size=0 headers={taskwire-sequence=l:1 a=I:1} priority=3")
        .expect("1 basic.publish routing_key=nowhere mandatory")
        .expect("1 header size=0 headers={taskwire-sequence=l:2 a=I:1 b=I:2}")
        .expect("1 basic.publish routing_key=q")
        .expect("1 header size=0 headers={a=I:1 taskwire-sequence=l:77 b=I:2}")
        .replay();
}

TEST_CASE("a header that fits without ours but not with it is refused") {
    const table most{{"k", std::string(4088 - 25, 'x')}};
    script{}
        .handshake({2047, 4096, 60})
        .confirming()
        .client([&](world& w) {
            CHECK(w.publish(one, mandatory, "", {.headers = most}).error ==
                  errc::header_exceeds_frame_max);
            CHECK(w.publish(one, {.routing_key = "q"}, "", {.headers = most}).sequence == 1);
        })
        .expect("1 basic.publish routing_key=q")
        .expect("1 header size=0 headers=...")
        .replay();
}

TEST_CASE("a return of a publish outside confirm mode has no sequence number") {
    script{}
        .handshake()
        .channel()
        .client([](world& w) { CHECK(w.publish(one, mandatory, "b").sequence == 0); })
        .expect("1 basic.publish routing_key=nowhere mandatory")
        .expect("1 header size=1")
        .expect("1 body b")
        .server(message(1, no_route, "b"))
        .event("returned 1.1 #0 reply_code=312 reply_text=NO_ROUTE routing_key=nowhere | | b")
        .replay();
}

TEST_CASE("a return whose header is of another kind has no sequence number") {
    const table text{{"taskwire-sequence", "1"}};
    script{}
        .handshake()
        .confirming()
        .server(message(1, no_route, "", {.headers = text}))
        .event("returned 1.1 #0 reply_code=312 reply_text=NO_ROUTE routing_key=nowhere | "
               "headers={taskwire-sequence=S:1} | ")
        .replay();
}

TEST_CASE("a number that waits for no confirm is not ours") {
    const auto strange = sequence(7);
    const auto negative = sequence(-1);
    script{}
        .handshake()
        .channel()
        .client([&](world& w) { w.publish(one, mandatory, "", {.headers = strange}); })
        .expect("1 basic.publish routing_key=nowhere mandatory")
        .expect("1 header size=0 headers={taskwire-sequence=l:7}") // not in confirm mode: passed on
        .server(message(1, no_route, "", {.headers = strange}))
        .event("returned 1.1 #0 ...")
        .server(message(1, no_route, "", {.headers = negative}))
        .event("returned 1.1 #0 ...")
        .replay();
}
