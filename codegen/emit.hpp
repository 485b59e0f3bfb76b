#pragma once

#include "model.hpp"

#include <string>
#include <vector>

namespace taskwire::codegen {

struct output_file {
    std::string name;
    std::string text;
};

/// The generated C++ of a merged spec: constants.gen.hpp, spec.gen.hpp and spec.gen.cpp. The same
/// spec always gives the same text.
///
/// *Errors*: std::runtime_error, "file:line: what is wrong", for what C++ cannot name or hold.
std::vector<output_file> emit(const spec& whole);

/// The parts, one a file of ours.
std::string emit_constants(const spec& whole);
std::string emit_methods_header(const spec& whole);
std::string emit_methods_source(const spec& whole);

/// What every generated file starts with.
std::string generated_banner();

} // namespace taskwire::codegen
