#pragma once

#include <string>
#include <string_view>

#include <taskwire/spec.gen.hpp>

/// Values as text in full: what a judge that reads our bytes must print too.
///
/// Every field is there with its name, zeros included; numbers are numbers, not bytes. The text
/// differs from that of support/print.hpp, which is for human expectations and leaves out.
namespace taskwire::test {

/// "5:hello"; what is not printable as \xhh.
std::string canonical(std::string_view text);

/// "{4:name=I:5;4:list=A:[t:1;V;];}". Floats are the bits of a double. The unscaled part of a
/// decimal is printed without its sign: both judges read it so; see quirks.
std::string canonical(table_view fields);
std::string canonical(const field_value& value);

/// " content_type=4:text delivery_mode=2": those that are present.
std::string canonical(const spec::basic::properties& properties);

/// "basic.ack delivery_tag=1 multiple=0"
std::string canonical(const spec::any_method& method);

} // namespace taskwire::test
