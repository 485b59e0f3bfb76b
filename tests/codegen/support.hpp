#pragma once

#include "model.hpp"

#include <string>
#include <vector>

/// What several of the generator's tests need.
namespace taskwire::codegen::test {

/// The project's own files, merged: amqp0-9-1.xml alone, and with rabbitmq.xml.
spec our_base();
spec our_whole();

/// A file of Debian's package amqp-specs, e.g. "0-9-1/amqp0-9-1.stripped.xml", read and resolved.
/// Fails the test with the remedy when it is not installed.
spec debian_spec(const std::string& file);

/// Wraps elements into a whole file.
std::string amqp(const std::string& elements);

/// Reads each text as a file ("base.xml", "more.xml", "third.xml") and merges them.
spec merged(const std::vector<std::string>& texts);

/// The message of what merged() throws; empty when it does not.
std::string merge_error(const std::vector<std::string>& texts);

std::string read_all(const std::string& path);

} // namespace taskwire::codegen::test
