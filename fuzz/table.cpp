#include <taskwire/table.hpp>

#include "input.hpp"

namespace {

std::size_t walk(taskwire::field_value value);

template <class Range>
std::size_t walk_all(const Range& range) {
    std::size_t count = 0;
    for (const auto& each : range)
        if constexpr (requires { each.value; })
            count += walk(each.value);
        else
            count += walk(each);
    return count;
}

std::size_t walk(taskwire::field_value value) {
    if (const auto fields = value.as_table())
        return 1 + walk_all(*fields);
    if (const auto values = value.as_array())
        return 1 + walk_all(*values);
    return 1 + (value.as_integer() ? 1U : 0U) + (value.as_double() ? 1U : 0U);
}

} // namespace

/// A validated table can be walked to its end, and what is built from its fields is the same bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    taskwire::fuzz::input in{data, size};
    taskwire::table_view fields;
    if (taskwire::table_view::parse(in.rest(), 32, fields))
        return 0;
    walk_all(fields);
    taskwire::table copy;
    for (const auto& [name, value] : fields)
        copy.append(name, value);
    taskwire::fuzz::expect(copy.view().bytes() == fields.bytes());
    return 0;
}
