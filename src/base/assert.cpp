#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace vigia {

void assertion_failed(const char* expression, const char* file, int line, const char* function) {
    std::fprintf(stderr, "%s:%d: invariant broken in %s: %s\n", file, line, function, expression);
    std::fflush(stderr);
    std::abort();
}

}  // namespace vigia
