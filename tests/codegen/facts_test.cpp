#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include <taskwire/constants.gen.hpp>
#include <taskwire/spec.gen.hpp>

// Literal facts of the specification, asked of the committed code.
TEST_SUITE("facts") {
    using namespace taskwire;
    using namespace std::string_view_literals;

    TEST_CASE("constants") {
        static_assert(spec::protocol_major == 0 && spec::protocol_minor == 9);
        static_assert(spec::protocol_revision == 1 && spec::protocol_port == 5672);
        static_assert(spec::frame_method == 1 && spec::frame_header == 2);
        static_assert(spec::frame_body == 3 && spec::frame_heartbeat == 8);
        static_assert(spec::frame_end == 0xCE && spec::frame_min_size == 4096);
    }

    TEST_CASE("reply codes") {
        using spec::reply_code;
        CHECK(static_cast<int>(reply_code::precondition_failed) == 406);
        CHECK(static_cast<int>(reply_code::no_route) == 312);
        CHECK(to_string(reply_code::not_found) == "NOT_FOUND");
        CHECK(to_string(reply_code::frame_error) == "FRAME_ERROR");
        CHECK(to_string(reply_code{299}) == "");
        // 403 closes a channel, 530 the connection.
        CHECK_FALSE(is_hard_error(reply_code::access_refused));
        CHECK_FALSE(is_hard_error(reply_code::no_route));
        CHECK_FALSE(is_hard_error(reply_code::reply_success));
        CHECK(is_hard_error(reply_code::not_allowed));
        CHECK(is_hard_error(reply_code::connection_forced));
        CHECK_FALSE(is_hard_error(reply_code{599}));
    }

    TEST_CASE("method ids") {
        static_assert(spec::connection::start::id == method_id{10, 10});
        static_assert(spec::connection::blocked::id == method_id{10, 60});
        static_assert(spec::connection::update_secret_ok::id == method_id{10, 71});
        static_assert(spec::channel::close_ok::id == method_id{20, 41});
        static_assert(spec::exchange::unbind::id == method_id{40, 40});
        static_assert(spec::exchange::unbind_ok::id == method_id{40, 51});
        static_assert(spec::queue::delete_::id == method_id{50, 40});
        static_assert(spec::queue::unbind_ok::id == method_id{50, 51});
        static_assert(spec::basic::return_::id == method_id{60, 50});
        static_assert(spec::basic::nack::id == method_id{60, 120});
        static_assert(spec::confirm::select::id == method_id{85, 10});
        static_assert(spec::tx::rollback_ok::id == method_id{90, 31});
        CHECK(spec::queue::delete_::name == "queue.delete");
        CHECK(spec::basic::recover_async::name == "basic.recover-async");
    }

    TEST_CASE("content, synchrony, direction and replies") {
        using spec::basic::ack;
        using spec::basic::get;
        using spec::basic::publish;
        using spec::basic::recover;
        static_assert(publish::has_content && !publish::synchronous);
        static_assert(publish::from_client && !publish::from_server);
        static_assert(spec::basic::get_ok::has_content && !get::has_content);
        static_assert(ack::from_client && ack::from_server && !ack::synchronous);
        static_assert(spec::basic::cancel::from_server && spec::basic::cancel_ok::from_client);
        static_assert(!spec::connection::blocked::from_client);
        static_assert(recover::synchronous);
        static_assert(std::is_same_v<recover::replies, wire::method_list<spec::basic::recover_ok>>);
        static_assert(
            std::is_same_v<get::replies,
                           wire::method_list<spec::basic::get_ok, spec::basic::get_empty>>);
        static_assert(std::is_same_v<ack::replies, wire::method_list<>>);
        static_assert(spec::basic::properties::class_id == 60);
    }

    TEST_CASE("method structs are plain views") {
        static_assert(std::is_trivially_destructible_v<spec::any_method>);
        static_assert(std::is_trivially_destructible_v<spec::basic::properties>);
        static_assert(std::is_aggregate_v<spec::queue::declare>);
        CHECK(spec::queue::declare{.queue = "jobs", .durable = true} ==
              spec::queue::declare{.queue = "jobs", .durable = true});
        CHECK_FALSE(spec::queue::declare{.queue = "jobs"} == spec::queue::declare{});
    }

    /// Notes every property's flag bit.
    struct flag_noter {
        std::vector<std::pair<int, std::string_view>> seen;

        void shortstr_property(int bit, std::string_view name,
                               const std::optional<std::string_view>&, const wire::string_rule&) {
            seen.emplace_back(bit, name);
        }
        void table_property(int bit, std::string_view name, const std::optional<table_view>&) {
            seen.emplace_back(bit, name);
        }
        void octet_property(int bit, std::string_view name, const std::optional<std::uint8_t>&) {
            seen.emplace_back(bit, name);
        }
        void timestamp_property(int bit, std::string_view name,
                                const std::optional<std::uint64_t>&) {
            seen.emplace_back(bit, name);
        }
        void reserved_shortstr_property(int bit) { seen.emplace_back(bit, "reserved"); }
    };

    TEST_CASE("property flags") {
        const spec::basic::properties none;
        flag_noter visit;
        spec::basic::properties::fields(none, visit);
        const std::vector<std::pair<int, std::string_view>> expected{
            {15, "content_type"}, {14, "content_encoding"}, {13, "headers"}, {12, "delivery_mode"},
            {11, "priority"},     {10, "correlation_id"},   {9, "reply_to"}, {8, "expiration"},
            {7, "message_id"},    {6, "timestamp"},         {5, "type"},     {4, "user_id"},
            {3, "app_id"},        {2, "reserved"}};
        CHECK(visit.seen == expected);
    }

    TEST_CASE("string rules") {
        namespace rules = spec::rules;
        static_assert(rules::queue_name.length_max == 255);
        static_assert(rules::queue_name.refused == "\r\n"sv && rules::queue_name.allowed.empty());
        static_assert(!rules::queue_name.not_null && rules::queue_name_not_null.not_null);
        static_assert(rules::exchange_name_not_null.refused == "\r\n"sv);
        static_assert(rules::path.not_null && rules::path.length_max == 255);
        static_assert(rules::path.refused.empty() && rules::none.refused.empty());
        static_assert(!rules::none.not_null && rules::none.length_max == 255);
        CHECK(rules::queue_name.domain == "queue-name");
    }

    template <std::size_t... Position>
    void check_table(std::index_sequence<Position...>) {
        const auto check = [](std::size_t position, method_id id, std::string_view name) {
            CAPTURE(name);
            const auto* found = spec::find_method(id);
            REQUIRE(found == &spec::methods[position]);
            CHECK(found->position == position);
            CHECK(found->id == id);
            CHECK(found->name == name);
            CHECK(spec::method_name(id) == name);
        };
        (check(Position, std::variant_alternative_t<Position, spec::any_method>::id,
               std::variant_alternative_t<Position, spec::any_method>::name),
         ...);
    }

    TEST_CASE("the table of methods agrees with the structs") {
        static_assert(spec::methods.size() == 64);
        static_assert(std::variant_size_v<spec::any_method> == 64);
        check_table(std::make_index_sequence<64>{});
        static_assert(spec::find_method({60, 41}) == nullptr);
        static_assert(spec::find_method({0, 0}) == nullptr);
        static_assert(spec::method_name({60, 41}).empty());
        static_assert(spec::class_name(85) == "confirm"sv && spec::class_name(86).empty());
        static_assert(spec::find_method({60, 60})->has_content);
        static_assert(spec::find_method({60, 80})->from_server);
    }

    TEST_CASE("decode_method builds the right alternative") {
        spec::any_method out;
        wire::reader deliver("\x02"
                             "ct"
                             "\0\0\0\0\0\0\0\x07"
                             "\x01"
                             "\0"
                             "\x04"
                             "jobs"sv);
        REQUIRE(spec::decode_method({60, 60}, deliver, out));
        CHECK(std::get<spec::basic::deliver>(out) == spec::basic::deliver{.consumer_tag = "ct",
                                                                          .delivery_tag = 7,
                                                                          .redelivered = true,
                                                                          .exchange = "",
                                                                          .routing_key = "jobs"});
        wire::reader declare_ok("\x01q\0\0\0\x02\0\0\0\x03"sv);
        REQUIRE(spec::decode_method({50, 11}, declare_ok, out));
        CHECK(std::get<spec::queue::declare_ok>(out) ==
              spec::queue::declare_ok{.queue = "q", .message_count = 2, .consumer_count = 3});
        // RabbitMQ's own methods, which no official file holds.
        wire::reader blocked("\x03low"sv);
        REQUIRE(spec::decode_method({10, 60}, blocked, out));
        CHECK(std::get<spec::connection::blocked>(out).reason == "low");
        wire::reader update_secret("\0\0\0\x03new\x03why"sv);
        REQUIRE(spec::decode_method({10, 70}, update_secret, out));
        CHECK(std::get<spec::connection::update_secret>(out) ==
              spec::connection::update_secret{.new_secret = "new", .reason = "why"});
        wire::reader nothing(""sv);
        CHECK_FALSE(spec::decode_method({60, 41}, nothing, out));
        CHECK_FALSE(spec::decode_method({60, 60}, nothing, out));
    }

    TEST_CASE("bits lie where the specification puts them") {
        spec::any_method out;
        // exchange.declare: passive, durable, auto-delete, internal, no-wait from the lowest bit
        // on.
        wire::reader exchange("\0\0\x01x\x06"
                              "direct\x1A\0\0\0\0"sv);
        REQUIRE(spec::decode_method({40, 10}, exchange, out));
        const auto& declare = std::get<spec::exchange::declare>(out);
        CHECK(declare.exchange == "x");
        CHECK(declare.type == "direct");
        CHECK_FALSE(declare.passive);
        CHECK(declare.durable);
        CHECK_FALSE(declare.auto_delete);
        CHECK(declare.internal);
        // RabbitMQ cancels a consumer with no-wait set: the octet is there and is not looked at.
        wire::reader cancel("\x02"
                            "ct\x01"sv);
        REQUIRE(spec::decode_method({60, 30}, cancel, out));
        CHECK(std::get<spec::basic::cancel>(out).consumer_tag == "ct");
    }
}
