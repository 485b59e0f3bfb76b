#include <taskwire/table.hpp>

#include "target.hpp"
#include "touch.hpp"

namespace {

/// A validated table can be walked to its end, and what is built from its fields is the same bytes.
void run(taskwire::fuzz::input in) {
    taskwire::table_view fields;
    if (taskwire::table_view::parse(in.rest(), taskwire::table_depth_max_default, fields))
        return;
    taskwire::fuzz::touch(fields);
    taskwire::table copy;
    for (const auto& [name, value] : fields)
        copy.append(name, value);
    taskwire::fuzz::hold(copy.view().bytes() == fields.bytes(), "a table's copy is its equal");
    for (const auto& [name, value] : fields)
        taskwire::fuzz::hold(fields.find(name).has_value(), "a field is found by its name");
}

} // namespace

const taskwire::fuzz::target taskwire::fuzz::fuzzed{run, 1024, 8};
