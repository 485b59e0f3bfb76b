#include <taskwire/table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace std::string_literals;
using namespace std::string_view_literals;
using taskwire::array;
using taskwire::errc;
using taskwire::field_kind;
using taskwire::table;
using taskwire::table_value;
using taskwire::table_view;

namespace {

table_view parsed(std::string_view bytes) {
    table_view view;
    REQUIRE_FALSE(table_view::parse(bytes, 32, view));
    return view;
}

std::error_code fault_of(std::string_view bytes, std::size_t depth_max = 32) {
    table_view view;
    return table_view::parse(bytes, depth_max, view);
}

/// One field of every kind; the value is told by the errata's letters.
constexpr std::string_view every_kind = "\x01"
                                        "at\x01"
                                        "\x01"
                                        "bb\xff"
                                        "\x01"
                                        "cB\xff"
                                        "\x01"
                                        "ds\x80\x00"
                                        "\x01"
                                        "eu\x80\x00"
                                        "\x01"
                                        "fI\x80\x00\x00\x00"
                                        "\x01"
                                        "gi\x80\x00\x00\x00"
                                        "\x01"
                                        "hl\x80\x00\x00\x00\x00\x00\x00\x00"
                                        "\x01"
                                        "iL\x00\x00\x00\x00\x00\x00\x00\x2a"
                                        "\x01"
                                        "jf\x3f\xc0\x00\x00"
                                        "\x01"
                                        "kd\xbf\xf8\x00\x00\x00\x00\x00\x00"
                                        "\x01"
                                        "lD\x02\xff\xff\xff\xfe"
                                        "\x01"
                                        "mS\x00\x00\x00\x03"
                                        "a\x00z"
                                        "\x01"
                                        "nx\x00\x00\x00\x02\xff\x00"
                                        "\x01"
                                        "oA\x00\x00\x00\x05"
                                        "t\x01"
                                        "t\x00"
                                        "V"
                                        "\x01"
                                        "pF\x00\x00\x00\x03\x01"
                                        "qV"
                                        "\x01"
                                        "rT\xff\xff\xff\xff\xff\xff\xff\xff"
                                        "\x01"
                                        "sV"sv;

} // namespace

TEST_CASE("every kind of field is read from literal bytes") {
    const auto view = parsed(every_kind);
    const auto of = [&](std::string_view name) {
        const auto found = view.find(name);
        REQUIRE(found);
        return *found;
    };
    CHECK(of("a").as_bool() == true);
    CHECK(of("b").as_integer() == -1);
    CHECK(of("c").as_integer() == 255);
    CHECK(of("d").as_integer() == -32768);
    CHECK(of("e").as_integer() == 32768);
    CHECK(of("f").as_integer() == -2147483648LL);
    CHECK(of("g").as_integer() == 2147483648LL);
    CHECK(of("h").as_integer() == std::numeric_limits<std::int64_t>::min());
    CHECK(of("i").as_integer() == 42);
    CHECK(of("j").as_double() == 1.5);
    CHECK(of("k").as_double() == -1.5);
    CHECK(of("l").as_decimal() == taskwire::decimal{2, -2});
    CHECK(of("m").as_string() == "a\0z"sv);
    CHECK(of("n").as_string() == "\xff\0"sv);
    CHECK(of("r").as_timestamp() == taskwire::timestamp{0xffff'ffff'ffff'ffffU});
    CHECK(of("s").kind() == field_kind::none);

    std::vector<char> kinds;
    const auto values = of("o").as_array();
    REQUIRE(values);
    for (const auto value : *values)
        kinds.push_back(static_cast<char>(value.kind()));
    CHECK(kinds == std::vector<char>{'t', 't', 'V'});
    CHECK(of("p").as_table()->find("q")->kind() == field_kind::none);
    CHECK_FALSE(of("p").as_table()->find("r"));
}

TEST_CASE("an accessor of the wrong kind yields nothing") {
    const auto view = parsed(every_kind);
    for (const auto& [name, value] : view) {
        CAPTURE(name);
        CHECK(value.as_bool().has_value() == (name == "a"));
        CHECK(value.as_integer().has_value() == ("b" <= name && name <= "i"));
        CHECK(value.as_double().has_value() == (name == "j" || name == "k"));
        CHECK(value.as_decimal().has_value() == (name == "l"));
        CHECK(value.as_string().has_value() == (name == "m" || name == "n"));
        CHECK(value.as_array().has_value() == (name == "o"));
        CHECK(value.as_table().has_value() == (name == "p"));
        CHECK(value.as_timestamp().has_value() == (name == "r"));
    }
}

TEST_CASE("a table that is built has the literal bytes of every kind that is sent") {
    const table built{{"a", true},
                      {"b", std::int8_t{-1}},
                      {"c", std::uint8_t{255}},
                      {"d", std::int16_t{-32768}},
                      {"e", std::uint16_t{32768}},
                      {"f", std::numeric_limits<std::int32_t>::min()},
                      {"g", std::uint32_t{0x8000'0000U}},
                      {"h", std::numeric_limits<std::int64_t>::min()},
                      {"j", 1.5F},
                      {"k", -1.5},
                      {"l", taskwire::decimal{2, -2}},
                      {"m", "a\0z"sv},
                      {"n", table_value::bytes("\xff\0"sv)},
                      {"o", array{true, false, nullptr}},
                      {"p", table{{"q", nullptr}}},
                      {"r", taskwire::timestamp{0xffff'ffff'ffff'ffffU}},
                      {"s", nullptr}};
    auto expected = std::string{every_kind};
    const auto never_sent = "\x01iL\x00\x00\x00\x00\x00\x00\x00\x2a"sv;
    expected.erase(expected.find(never_sent), never_sent.size());
    CHECK(built.view().bytes() == expected);
}

TEST_CASE("only the errata's letters are known") {
    const auto known = "tbBsuIilLfdDSxAFTV"sv;
    for (int letter = 0; letter < 256; ++letter) {
        CAPTURE(letter);
        auto bytes = "\x01k"s;
        bytes.push_back(static_cast<char>(letter));
        const bool is_known = known.find(static_cast<char>(letter)) != std::string_view::npos;
        CHECK((fault_of(bytes) == errc::unknown_field_kind) == !is_known);
    }
    CHECK(fault_of("\x01kU\x00\x01"sv) == errc::unknown_field_kind);
}

TEST_CASE("a table cut at any byte is refused, but between two fields") {
    std::vector<std::size_t> between{0};
    for (std::size_t at = 0; at < every_kind.size();) {
        auto end = at + 1;
        while (fault_of(every_kind.substr(at, end - at)))
            ++end;
        between.push_back(end);
        at = end;
    }
    REQUIRE(between.size() == 19);
    REQUIRE(between.back() == every_kind.size());
    for (std::size_t size = 0; size < every_kind.size(); ++size) {
        CAPTURE(size);
        const bool whole = std::find(between.begin(), between.end(), size) != between.end();
        // A buffer of its own size, so that reading too far is seen by the sanitizer.
        const std::vector<char> exact(every_kind.begin(),
                                      every_kind.begin() + static_cast<std::ptrdiff_t>(size));
        const auto fault = fault_of({exact.data(), exact.size()});
        CHECK(fault == (whole ? std::error_code{} : make_error_code(errc::malformed_table)));
    }
}

TEST_CASE("sizes inside a table are held against what is there") {
    CHECK(fault_of("\x01kS\xff\xff\xff\xff"sv) == errc::malformed_table);
    CHECK(fault_of("\x01kS\x00\x00\x00\x02x"sv) == errc::malformed_table);
    CHECK(fault_of("\x01kF\x00\x00\x00\x04\x01qV"sv) == errc::malformed_table);
    // A nested length that ends inside a field: the byte behind it does not count.
    CHECK(fault_of("\x01kF\x00\x00\x00\x02\x01qV"sv) == errc::malformed_table);
    CHECK(fault_of("\x01kA\x00\x00\x00\x02s\x00\x01"sv) == errc::malformed_table);
    CHECK(fault_of("\x01kA\x00\x00\x00\x00"sv) == std::error_code{});
    CHECK(fault_of("\x00V"sv) == std::error_code{}); // an empty name is a name
}

TEST_CASE("duplicate names are kept in order and the first one is found") {
    const auto bytes = "\x01kt\x01\x01kt\x00\x01zV"sv;
    const auto view = parsed(bytes);
    CHECK(view.find("k")->as_bool() == true);
    std::string names;
    for (const auto& each : view)
        names.append(each.name);
    CHECK(names == "kkz");
    CHECK(table{view}.view().bytes() == bytes);
}

TEST_CASE("a name has at most 255 bytes") {
    const std::string longest(255, 'n');
    table fields;
    fields.append(longest, true);
    CHECK(fields.view().bytes() == "\xff"s + longest + "t\x01");
    CHECK(parsed(fields.view().bytes()).find(longest)->as_bool() == true);
    CHECK_THROWS_AS(fields.append(longest + "n", true), std::system_error);
    CHECK(fields.view().bytes().size() == 258); // the refused one left nothing behind
    try {
        fields.append(longest + "n", true);
    } catch (const std::system_error& fault) {
        CHECK(fault.code() == errc::string_too_long);
    }
}

TEST_CASE("a value keeps its sender's kind when it is passed on") {
    const auto view = parsed(every_kind);
    table copy;
    for (const auto& [name, value] : view)
        copy.append(name, value);
    CHECK(copy.view().bytes() == every_kind);
    const table whole{view};
    CHECK(whole.view().bytes() == every_kind);
    CHECK(table{{"t", whole}, {"v", view}}.view().bytes().size() == 2 * (7 + every_kind.size()));
}

TEST_CASE("NaN and infinity are refused") {
    for (const double wrong :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()}) {
        CHECK_THROWS_AS(table_value{wrong}, std::system_error);
        CHECK_THROWS_AS(table_value{static_cast<float>(wrong)}, std::system_error);
    }
    try {
        const table_value value{std::numeric_limits<float>::infinity()};
        FAIL("infinity became a value");
    } catch (const std::system_error& fault) {
        CHECK(fault.code() == errc::number_not_finite);
    }
}

TEST_CASE("erase removes every field of a name and nothing else") {
    table fields{{"a", 1}, {"b", 2}, {"a", 3}, {"c", nullptr}};
    fields.erase("nobody");
    CHECK(fields.view().bytes().size() == 3 * 7 + 3);
    fields.erase("a");
    CHECK(fields.view().bytes() == "\x01"
                                   "bI\x00\x00\x00\x02\x01"
                                   "cV"sv);
    fields.erase("b").erase("c");
    CHECK(fields.empty());
}

TEST_CASE("text may come as a literal, a string or a view") {
    const std::string text = "text";
    const table fields{{"k", "text"}, {"k", text}, {"k", std::string_view{text}}};
    const auto one = "\x01kS\x00\x00\x00\x04text"s;
    CHECK(fields.view().bytes() == one + one + one);
}
