#pragma once

#include "model.hpp"

#include <string>
#include <vector>

namespace taskwire::codegen::test {

/// Every fact in which two resolved specs differ, one line each, in the order of the files:
/// "method basic.recover: synchronous: ours no, theirs yes".
///
/// Facts are the version and port, constants, domains, classes, methods, responses, chassis and
/// fields with their order, type, domain, reserved mark and assertions. The order of domains,
/// constants, chassis and of methods is not a fact; the order of fields is.
std::vector<std::string> differences(const spec& ours, const spec& theirs);

} // namespace taskwire::codegen::test
