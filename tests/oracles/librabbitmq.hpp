#pragma once

#include <amqp.h>

#include <concepts>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <taskwire/table.hpp>

/// librabbitmq's values from ours and back, for comparison.
namespace taskwire::test {

/// Owns what librabbitmq allocates.
class c_pool {
  public:
    c_pool() { init_amqp_pool(&pool_, 4096); }
    ~c_pool() { empty_amqp_pool(&pool_); }
    c_pool(const c_pool&) = delete;
    c_pool& operator=(const c_pool&) = delete;

    amqp_pool_t* get() { return &pool_; }
    /// Zeroed room for `count` things.
    template <class Thing>
    Thing* make(int count = 1);

  private:
    amqp_pool_t pool_;
};

inline amqp_bytes_t c_bytes(std::string_view text) {
    return {text.size(), const_cast<char*>(text.data())};
}
inline std::string_view view(amqp_bytes_t bytes) {
    return {static_cast<const char*>(bytes.bytes), bytes.len};
}

amqp_table_t c_table(table_view fields, c_pool& pool);
table cxx_table(const amqp_table_t& fields);

/// As canonical.hpp has it, but from librabbitmq's own numbers: what our accessors make of a value
/// must not judge itself.
std::string canonical(const amqp_table_t& fields);

/// Pairs' visitor that fills librabbitmq's struct from ours.
struct to_c {
    c_pool& pool;
    amqp_flags_t flags = 0;

    template <std::unsigned_integral Number>
    void operator()(const Number& from, Number& to) {
        to = from;
    }
    void operator()(const bool& from, amqp_boolean_t& to) { to = from ? 1 : 0; }
    void operator()(const std::string_view& from, amqp_bytes_t& to) { to = c_bytes(from); }
    void operator()(const table_view& from, amqp_table_t& to) { to = c_table(from, pool); }
    template <class From, class To>
    void operator()(amqp_flags_t flag, const std::optional<From>& from, To& to) {
        if (from) {
            flags |= flag;
            (*this)(*from, to);
        }
    }
};

/// Pairs' visitor that fills our struct from librabbitmq's.
struct from_c {
    std::deque<table>& kept; ///< owns the tables that the struct looks at
    amqp_flags_t flags = 0;  ///< properties that are present

    template <std::unsigned_integral Number>
    void operator()(Number& to, const Number& from) {
        to = from;
    }
    void operator()(bool& to, const amqp_boolean_t& from) { to = from != 0; }
    void operator()(std::string_view& to, const amqp_bytes_t& from) { to = view(from); }
    void operator()(table_view& to, const amqp_table_t& from) {
        to = kept.emplace_back(cxx_table(from));
    }
    template <class To, class From>
    void operator()(amqp_flags_t flag, std::optional<To>& to, const From& from) {
        if ((flags & flag) != 0)
            (*this)(to.emplace(), from);
    }
};

template <class Thing>
Thing* c_pool::make(int count) {
    const auto size = sizeof(Thing) * static_cast<std::size_t>(count);
    auto* room = amqp_pool_alloc(&pool_, size);
    return static_cast<Thing*>(std::memset(room, 0, size));
}

} // namespace taskwire::test
