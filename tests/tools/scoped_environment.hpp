#pragma once

#include <cstdlib>
#include <string>

// Sets a variable of the environment for a scope.
class scoped_environment {
  public:
    scoped_environment(const char* name, const char* value) : name_(name) {
        ::setenv(name, value, 1);
    }
    scoped_environment(const scoped_environment&) = delete;
    scoped_environment& operator=(const scoped_environment&) = delete;
    ~scoped_environment() { ::unsetenv(name_.c_str()); }

  private:
    std::string name_;
};
