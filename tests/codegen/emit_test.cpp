#include "emit.hpp"

#include "emit_struct.hpp"
#include "support.hpp"

#include <doctest/doctest.h>
#include <stdexcept>

TEST_SUITE("emit") {
    using namespace taskwire::codegen;
    using namespace taskwire::codegen::test;

    /// The text between "fields(...)" and the end of that function, for a method of these fields.
    std::string visits_of(const std::string& fields) {
        const auto whole = merged({amqp("<domain name='no-wait' type='bit'/>"
                                        "<class name='c' index='1'><method name='m' index='1'>" +
                                        fields + "</method></class>")});
        const auto text =
            emit_method_struct(whole.classes[0], whole.classes[0].methods[0], rule_book(whole));
        const auto start = text.find("    {\n", text.find("fields(")) + 6;
        return text.substr(start, text.find("    }\n", start) - start);
    }

    TEST_CASE("one visit per field, by wire type") {
        CHECK(visits_of("<field name='a-b' type='octet'/><field name='c' type='short'/>"
                        "<field name='d' type='long'/><field name='e' type='longlong'/>"
                        "<field name='f' type='timestamp'/><field name='g' type='shortstr'/>"
                        "<field name='h' type='longstr'/><field name='i' type='table'/>") ==
              "        visit.octet(\"a_b\", self.a_b);\n"
              "        visit.short_uint(\"c\", self.c);\n"
              "        visit.long_uint(\"d\", self.d);\n"
              "        visit.longlong_uint(\"e\", self.e);\n"
              "        visit.timestamp(\"f\", self.f);\n"
              "        visit.shortstr(\"g\", self.g, rules::none);\n"
              "        visit.longstr(\"h\", self.h);\n"
              "        visit.table(\"i\", self.i);\n");
    }

    TEST_CASE("reserved fields keep their place") {
        CHECK(visits_of("<field name='a' type='octet' reserved='1'/>"
                        "<field name='b' type='short' reserved='1'/>"
                        "<field name='c' type='long' reserved='1'/>"
                        "<field name='d' type='longlong' reserved='1'/>"
                        "<field name='e' type='timestamp' reserved='1'/>"
                        "<field name='f' type='shortstr' reserved='1'/>"
                        "<field name='g' type='longstr' reserved='1'/>"
                        "<field name='h' type='table' reserved='1'/>") ==
              "        visit.reserved_octet();\n"
              "        visit.reserved_short();\n"
              "        visit.reserved_long();\n"
              "        visit.reserved_longlong();\n"
              "        visit.reserved_longlong();\n"
              "        visit.reserved_shortstr();\n"
              "        visit.reserved_longstr();\n"
              "        visit.reserved_table();\n");
    }

    TEST_CASE("reserved bits hold their place in the middle and vanish at the end") {
        CHECK(visits_of("<field name='a' type='bit'/><field name='r' type='bit' reserved='1'/>"
                        "<field name='b' type='bit'/><field name='no-wait' domain='no-wait'/>") ==
              "        visit.bits(wire::bit(\"a\", self.a), wire::reserved_bit{}, "
              "wire::bit(\"b\", self.b));\n");
        CHECK(visits_of("<field name='r' type='bit' reserved='1'/><field name='a' type='bit'/>") ==
              "        visit.bits(wire::reserved_bit{}, wire::bit(\"a\", self.a));\n");
    }

    TEST_CASE("a run of nothing but reserved bits still is an octet") {
        CHECK(visits_of("<field name='no-wait' domain='no-wait'/>"
                        "<field name='t' type='table'/>") ==
              "        visit.reserved_octet();\n        visit.table(\"t\", self.t);\n");
        CHECK(visits_of("<field name='nowait' type='bit'/>") ==
              "        visit.reserved_octet();\n");
    }

    TEST_CASE("two runs are two octets") {
        CHECK(visits_of("<field name='a' type='bit'/><field name='o' type='octet'/>"
                        "<field name='b' type='bit'/>") ==
              "        visit.bits(wire::bit(\"a\", self.a));\n"
              "        visit.octet(\"o\", self.o);\n"
              "        visit.bits(wire::bit(\"b\", self.b));\n");
    }

    TEST_CASE("queue.declare, whole") {
        const auto whole = our_whole();
        const auto& queue = *whole.find_class("queue");
        CHECK(emit_method_struct(queue, *queue.find_method("declare"), rule_book(whole)) ==
              "/// queue.declare (50, 10), client to server, synchronous; "
              "answered by queue.declare-ok.\n"
              R"(struct declare {
    static constexpr taskwire::method_id id{50, 10};
    static constexpr std::string_view name = "queue.declare";
    static constexpr bool has_content = false;
    static constexpr bool synchronous = true;
    static constexpr bool from_client = true;
    static constexpr bool from_server = false;
    using replies = wire::method_list<declare_ok>;

    std::string_view queue{};
    bool passive{};
    bool durable{};
    bool exclusive{};
    bool auto_delete{};
    table_view arguments{};

    template <class Self, class Visitor>
    TASKWIRE_INLINE static constexpr void fields(Self& self, Visitor& visit)
    {
        visit.reserved_short();
        visit.shortstr("queue", self.queue, rules::queue_name);
        visit.bits(wire::bit("passive", self.passive), wire::bit("durable", self.durable),
                   wire::bit("exclusive", self.exclusive),
                   wire::bit("auto_delete", self.auto_delete));
        visit.table("arguments", self.arguments);
    }
    friend bool operator==(const declare&, const declare&) = default;
};
)");
    }

    TEST_CASE("what would not compile is refused") {
        const auto hides = merged({amqp("<class name='c' index='1'><method name='m' index='1'>"
                                        "<field name='name' type='octet'/></method></class>")});
        CHECK_THROWS_WITH_AS(emit(hides),
                             "base.xml:2: field name would hide a member that every generated "
                             "struct has",
                             std::runtime_error);
        const auto shadows = merged({amqp("<class name='wire' index='1'/>")});
        CHECK_THROWS_WITH_AS(emit(shadows),
                             "base.xml:2: class wire would hide a namespace that generated code "
                             "uses",
                             std::runtime_error);
        const auto property = merged({amqp("<class name='c' index='1'>"
                                           "<field name='class-id' type='short'/></class>")});
        CHECK_THROWS_WITH_AS(emit(property), "base.xml:2: property class-id would hide class_id",
                             std::runtime_error);
    }
}
