#include <taskwire/spec.gen.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using namespace std::string_literals;
using namespace std::string_view_literals;
using taskwire::errc;
using taskwire::table;
namespace spec = taskwire::spec;
namespace wire = taskwire::wire;

namespace {

template <class Method>
std::string encoded(const Method& method) {
    const auto size = wire::measure(method);
    REQUIRE(size.fault == errc{});
    std::string bytes(size.size, '?');
    const auto* end = wire::encode(bytes.data(), method);
    REQUIRE(end == bytes.data() + bytes.size());
    return bytes;
}

/// Why bytes cannot be decoded. Not inlined: GCC 12 at -O2 would know their number and warn of
/// reads that never happen.
template <class Method>
[[gnu::noinline]] errc fault_of(std::string_view bytes) {
    wire::reader in{bytes};
    Method read;
    const bool decoded = wire::decode(in, read);
    return decoded ? errc{} : in.fault();
}

/// Checks a method against its literal bytes, both ways, and refuses every truncation.
template <class Method>
void check_vector(const Method& method, std::string_view bytes) {
    CAPTURE(Method::name);
    CHECK(encoded(method) == bytes);
    Method read;
    wire::reader in{bytes};
    CHECK(wire::decode(in, read));
    CHECK(read == method);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const std::vector<char> exact(bytes.begin(),
                                      bytes.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(fault_of<Method>({exact.data(), exact.size()}) == errc::malformed_method);
    }
    const auto longer = std::string{bytes} + '\0';
    CHECK(fault_of<Method>(longer) == errc::malformed_method);
}

} // namespace

TEST_CASE("basic.publish in literal bytes") {
    check_vector(spec::basic::publish{"ex", "rk", true, false}, "\0\0\x02"
                                                                "ex\x02rk\x01"sv);
    check_vector(spec::basic::publish{"", "", false, true}, "\0\0\0\0\x02"sv);
}

TEST_CASE("queue.declare in literal bytes") {
    const table arguments{{"x-queue-type", "quorum"}};
    check_vector(spec::queue::declare{.queue = "jobs", .durable = true, .arguments = arguments},
                 "\0\0\x04jobs\x02\0\0\0\x18\x0cx-queue-typeS\0\0\0\x06quorum"sv);
    check_vector(spec::queue::declare{.queue = "", .passive = true, .exclusive = true},
                 "\0\0\0\x05\0\0\0\0"sv);
    check_vector(spec::queue::declare{.queue = "q", .auto_delete = true},
                 "\0\0\x01q\x08\0\0\0\0"sv);
}

TEST_CASE("basic.deliver in literal bytes") {
    check_vector(spec::basic::deliver{"c1", 0x0102030405060708U, true, "", "jobs"},
                 "\x02"
                 "c1\x01\x02\x03\x04\x05\x06\x07\x08\x01\0\x04jobs"sv);
}

TEST_CASE("connection.start-ok in literal bytes") {
    const table properties{{"product", "p"}};
    check_vector(spec::connection::start_ok{properties, "PLAIN", "\0guest\0guest"sv, "en_US"},
                 "\0\0\0\x0e\x07productS\0\0\0\x01p\x05PLAIN\0\0\0\x0c\0guest\0guest\x05"
                 "en_US"sv);
}

TEST_CASE("connection.tune-ok in literal bytes") {
    check_vector(spec::connection::tune_ok{2047, 131072, 60}, "\x07\xff\0\x02\0\0\0\x3c"sv);
}

TEST_CASE("bits stand in the spec's order, the first one lowest") {
    namespace b = spec::basic;
    check_vector(b::consume{.queue = "q", .consumer_tag = "c", .no_local = true},
                 "\0\0\x01q\x01"
                 "c\x01\0\0\0\0"sv);
    check_vector(b::consume{.queue = "q", .no_ack = true}, "\0\0\x01q\0\x02\0\0\0\0"sv);
    check_vector(b::consume{.queue = "q", .exclusive = true}, "\0\0\x01q\0\x04\0\0\0\0"sv);
    check_vector(b::nack{7, true, false}, "\0\0\0\0\0\0\0\x07\x01"sv);
    check_vector(b::nack{7, false, true}, "\0\0\0\0\0\0\0\x07\x02"sv);
    check_vector(b::reject{7, true}, "\0\0\0\0\0\0\0\x07\x01"sv);
    check_vector(b::ack{7, true}, "\0\0\0\0\0\0\0\x07\x01"sv);
    check_vector(b::qos{0, 10, true}, "\0\0\0\0\0\x0a\x01"sv);
    check_vector(spec::queue::delete_{"q", false, true}, "\0\0\x01q\x02"sv);
    check_vector(spec::exchange::declare{.exchange = "e", .type = "fanout", .internal = true},
                 "\0\0\x01"
                 "e\x06"
                 "fanout\x08\0\0\0\0"sv);
}

TEST_CASE("more methods in literal bytes") {
    check_vector(spec::connection::open{"/"}, "\x01/\0\0"sv);
    check_vector(spec::connection::close{404, "no", 50, 10}, "\x01\x94\x02no\0\x32\0\x0a"sv);
    check_vector(spec::connection::tune{2047, 131072, 60}, "\x07\xff\0\x02\0\0\0\x3c"sv);
    check_vector(spec::connection::update_secret{"new", "why"}, "\0\0\0\x03new\x03why"sv);
    check_vector(spec::queue::declare_ok{"jobs", 3, 1}, "\x04jobs\0\0\0\x03\0\0\0\x01"sv);
    check_vector(spec::queue::bind{"q", "e", "k", {}}, "\0\0\x01q\x01"
                                                       "e\x01k\0\0\0\0\0"sv);
    check_vector(spec::queue::unbind{"q", "e", "k", {}}, "\0\0\x01q\x01"
                                                         "e\x01k\0\0\0\0"sv);
    check_vector(spec::exchange::bind{"d", "s", "k", {}}, "\0\0\x01"
                                                          "d\x01s\x01k\0\0\0\0\0"sv);
    check_vector(spec::basic::get_ok{9, false, "", "k", 2},
                 "\0\0\0\0\0\0\0\x09\0\0\x01k\0\0\0\x02"sv);
    check_vector(spec::basic::return_{312, "NO_ROUTE", "", "k"}, "\x01\x38\x08NO_ROUTE\0\x01k"sv);
    check_vector(spec::confirm::select{}, "\0"sv);
    check_vector(spec::channel::open{}, "\0"sv);
    check_vector(spec::channel::open_ok{}, "\0\0\0\0"sv);
    check_vector(spec::tx::select{}, ""sv);
}

TEST_CASE("names that a broker would refuse are refused before they are sent") {
    const auto fault = [](const auto& method) { return wire::measure(method).fault; };
    using spec::queue::declare;
    CHECK(fault(declare{.queue = "a\rb"}) == errc::name_refused);
    CHECK(fault(declare{.queue = "a\nb"}) == errc::name_refused);
    CHECK(wire::measure(declare{.queue = "a\rb"}).culprit == "queue");
    const std::string longest(255, 'q');
    const auto longer = longest + "q";
    CHECK(fault(declare{.queue = longest}) == errc{});
    CHECK(fault(declare{.queue = longer}) == errc::string_too_long);
    CHECK(fault(declare{.queue = ""}) == errc{});
    CHECK(fault(declare{.queue = "\xc3\xa4\0 \t"sv}) == errc{});
    CHECK(fault(spec::basic::publish{.routing_key = longest}) == errc{});
    CHECK(fault(spec::basic::publish{.routing_key = longer}) == errc::string_too_long);
    CHECK(wire::measure(spec::basic::publish{.routing_key = longer}).culprit == "routing_key");
    CHECK(fault(spec::exchange::declare{.exchange = "", .type = "direct"}) == errc::name_refused);
    CHECK(fault(spec::exchange::delete_{""}) == errc::name_refused);
    CHECK(fault(spec::connection::open{""}) == errc::name_refused);
    CHECK(fault(spec::connection::start_ok{{}, "", "", "en_US"}) == errc::name_refused);
}

TEST_CASE("the reader's first fault sticks") {
    wire::reader in{"\x01\x02"sv};
    CHECK(in.number<std::uint32_t>() == 0);
    CHECK(in.fault() == errc::malformed_method);
    in.fail(errc::body_overrun);
    CHECK(in.fault() == errc::malformed_method);
    CHECK(in.left() == 0);
    CHECK(in.number<std::uint8_t>() == 0);
    CHECK(in.shortstr().empty());
    CHECK(in.table().empty());
}

TEST_CASE("a bad table makes its method unreadable and says why") {
    const auto fault_of = [](std::string_view bytes, std::size_t depth_max) {
        spec::queue::declare method;
        wire::reader in{bytes, depth_max};
        CHECK_FALSE(wire::decode(in, method));
        return in.fault();
    };
    CHECK(fault_of("\0\0\0\0\0\0\0\x03\x01kU"sv, 32) == errc::unknown_field_kind);
    CHECK(fault_of("\0\0\0\0\0\0\0\x03\x01kI"sv, 32) == errc::malformed_table);
    CHECK(fault_of("\0\0\0\0\0\0\0\x07\x01kF\0\0\0\0"sv, 1) == errc::table_too_deep);
    CHECK(fault_of("\0\0\0\0\xff\xff\xff\xff"sv, 32) == errc::malformed_method);
}

TEST_CASE("every method's id finds its own struct") {
    const auto check = [](const auto& method) {
        using own = std::decay_t<decltype(method)>;
        CAPTURE(own::name);
        std::string bytes(wire::measure(method).size, '\0');
        wire::encode(bytes.data(), method);
        spec::any_method read;
        wire::reader in{bytes};
        REQUIRE(spec::decode_method(own::id, in, read));
        REQUIRE(std::holds_alternative<own>(read));
        CHECK(std::get<own>(read) == method);
        const auto* info = spec::find_method(own::id);
        REQUIRE(info != nullptr);
        CHECK(info->name == own::name);
        CHECK(info->position == read.index());
        CHECK(spec::method_name(own::id) == own::name);
        CHECK(own::name.starts_with(spec::class_name(own::id.class_id)));
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (check(std::variant_alternative_t<Index, spec::any_method>{}), ...);
    }(std::make_index_sequence<std::variant_size_v<spec::any_method>>{});

    spec::any_method read;
    wire::reader in{""sv};
    CHECK_FALSE(spec::decode_method({60, 99}, in, read));
    CHECK(spec::find_method({60, 99}) == nullptr);
    CHECK(spec::method_name({0, 0}).empty());
    CHECK(spec::class_name(30).empty());
}
