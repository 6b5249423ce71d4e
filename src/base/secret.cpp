#include "base/secret.hpp"

#include <cstring>

namespace vigia {

void Secret::wipe() noexcept {
    // resize() to the capacity reaches bytes that a shorter value left behind; it cannot allocate.
    value_.resize(value_.capacity());
    ::explicit_bzero(value_.data(), value_.size());
    value_.clear();
}

}  // namespace vigia
