#pragma once

#include <fcntl.h>
#include <stdexcept>
#include <sys/resource.h>
#include <unistd.h>

namespace vigia::test {

/// What `act` returns while this process gets no descriptor more than `spare`.
template <class Act>
auto without_descriptors(Act act, unsigned spare = 0) {
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(next);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{static_cast<rlim_t>(next) + spare, before.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) throw std::runtime_error("setrlimit");
    auto result = act();
    ::setrlimit(RLIMIT_NOFILE, &before);
    return result;
}

}  // namespace vigia::test
