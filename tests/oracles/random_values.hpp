#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <string_view>

#include <support/long_run.hpp>
#include <taskwire/spec.gen.hpp>

namespace taskwire::test {

/// The seed of a run: TASKWIRE_TEST_SEED; else fresh in the long form and fixed in the normal one.
/// It is printed, so that any run can be had again.
std::uint64_t run_seed();

/// Random values of everything that a method or a property list can hold, edges more often than
/// chance would have them.
///
/// *Lifetimes*: owns what the views in filled structs look at.
class random_values {
  public:
    random_values(std::uint64_t seed, std::uint64_t index);

    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
    bool coin() { return below(2) != 0; }
    template <class Unsigned>
    Unsigned number() {
        return static_cast<Unsigned>(number(sizeof(Unsigned) * 8));
    }
    /// Any bytes; now and then many.
    std::string bytes();
    /// UTF-8 of at most 255 bytes, as RabbitMQ demands of short strings in methods.
    std::string text();
    taskwire::table table(int depth);
    taskwire::array array(int depth);

    /// Every member of a generated struct. Of properties, those whose flag is in `present`.
    template <class Fields>
    Fields fields(unsigned present = 0xffff);

    std::string_view keep(std::string value) { return kept_.emplace_back(std::move(value)); }
    table_view keep(taskwire::table value) { return kept_tables_.emplace_back(std::move(value)); }

  private:
    std::uint64_t number(unsigned bits);
    table_value value(int depth);
    template <class Float, class Unsigned>
    Float finite();

    std::mt19937_64 engine_;
    std::deque<std::string> kept_;
    std::deque<taskwire::table> kept_tables_;
};

/// Visitor that fills a struct; see random_values::fields.
struct random_filler {
    random_values& random;
    unsigned present;

    void octet(std::string_view, std::uint8_t& v) { v = random.number<std::uint8_t>(); }
    void short_uint(std::string_view, std::uint16_t& v) { v = random.number<std::uint16_t>(); }
    void long_uint(std::string_view, std::uint32_t& v) { v = random.number<std::uint32_t>(); }
    void longlong_uint(std::string_view, std::uint64_t& v) { v = random.number<std::uint64_t>(); }
    void timestamp(std::string_view, std::uint64_t& v) { v = random.number<std::uint64_t>(); }
    void shortstr(std::string_view, std::string_view& v, const wire::string_rule& rule) {
        do
            v = random.keep(random.text());
        while (rule.check(v) != errc{});
    }
    void longstr(std::string_view, std::string_view& v) { v = random.keep(random.bytes()); }
    void table(std::string_view, table_view& v) { v = random.keep(random.table(3)); }
    template <class... Bits>
    void bits(const Bits&... each) {
        ((each.flag = random.coin()), ...);
    }
    void reserved_octet() {}
    void reserved_short() {}
    void reserved_long() {}
    void reserved_longlong() {}
    void reserved_shortstr() {}
    void reserved_longstr() {}
    void reserved_table() {}

    void shortstr_property(int flag, std::string_view name, std::optional<std::string_view>& v,
                           const wire::string_rule& rule) {
        if (is_present(flag))
            shortstr(name, v.emplace(), rule);
    }
    void table_property(int flag, std::string_view name, std::optional<table_view>& v) {
        if (is_present(flag))
            table(name, v.emplace());
    }
    void octet_property(int flag, std::string_view name, std::optional<std::uint8_t>& v) {
        if (is_present(flag))
            octet(name, v.emplace());
    }
    void timestamp_property(int flag, std::string_view name, std::optional<std::uint64_t>& v) {
        if (is_present(flag))
            timestamp(name, v.emplace());
    }
    void reserved_shortstr_property(int) {}

  private:
    bool is_present(int flag) const { return ((present >> flag) & 1U) != 0; }
};

template <class Fields>
Fields random_values::fields(unsigned present) {
    Fields value;
    random_filler visit{*this, present};
    Fields::fields(value, visit);
    return value;
}

} // namespace taskwire::test
