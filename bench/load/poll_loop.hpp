#pragma once

#include "bench/load/sockets.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <poll.h>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// Holds `checks` conversations one after another, `in_flight` at once, on one thread over poll(),
/// and prints what they cost. `start()` returns a `std::unique_ptr` to a conversation that waits:
///
///     int descriptor();           what it waits for now; may change from one wait to the next
///     short events();             POLLIN, POLLOUT or both
///     bool advance(short seen);   goes on until it has to wait again; false: it is over
///     std::string failure();      why it failed; empty: the answer is there
///
/// The first failure ends the program: a floor with failed checks would be no floor.
template <class Start>
void hold_conversations(Start start, std::uint64_t checks, std::uint64_t in_flight) {
    std::vector<decltype(start())> open;
    std::vector<pollfd> waits;
    std::uint64_t started = 0;
    const double wall = wall_seconds();
    while (started < checks || !open.empty()) {
        for (; started < checks && open.size() < in_flight; ++started) {
            open.push_back(start());
            need(open.back()->descriptor() >= 0, "connect");
        }
        waits.clear();
        for (const auto& one : open) waits.push_back({one->descriptor(), one->events(), 0});
        need(::poll(waits.data(), waits.size(), -1) >= 0, "poll");
        for (std::size_t i = open.size(); i-- > 0;) {
            if (waits[i].revents == 0 || open[i]->advance(waits[i].revents)) continue;
            if (const std::string failure = open[i]->failure(); !failure.empty()) {
                std::fprintf(stderr, "a check failed: %s\n", failure.c_str());
                std::exit(1);
            }
            std::swap(open[i], open.back());  // that one had its turn
            open.pop_back();
        }
    }
    report(checks, wall_seconds() - wall, cpu_seconds());
}

}  // namespace bench
