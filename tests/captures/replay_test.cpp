#include <doctest/doctest.h>

#include "capture.hpp"
#include "retelling.hpp"

using namespace taskwire;
using namespace taskwire::test;

TEST_CASE("our machine in the place of a captured client: whole, cut and lost at every byte") {
    for (const auto& session : captures()) {
        INFO(session.name);
        retelling{session}.told().replay();
    }
}
