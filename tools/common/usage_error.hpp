#pragma once

#include <common/exit_code.hpp>

#include <stdexcept>
#include <string>

namespace taskwire::tools {

// What is wrong with the command line, the environment or the configuration file, in one clause.
// Passwords are never in its text.
class usage_error : public std::runtime_error {
  public:
    explicit usage_error(const std::string& text, exit_code code = exit_code::usage)
        : std::runtime_error(text), code_(code) {}

    exit_code code() const { return code_; }

  private:
    exit_code code_;
};

} // namespace taskwire::tools
