// The one source that compiles Asio: with ASIO_SEPARATE_COMPILATION all others only declare it.
//
// Asio asks macros of the standard library what that library has, aligned_alloc for one, and they
// exist only once one of its headers was seen. Without this one Asio would free here with another
// function than it allocates with elsewhere.
#include <cstdlib>

#include <asio/impl/src.hpp>
