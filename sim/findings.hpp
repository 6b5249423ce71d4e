#pragma once

#include "base/ids.hpp"
#include "sim/moment.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace vigia::sim {

/// A broken promise.
struct Finding {
    std::string rule;  ///< "invariant 1", as docs/architecture.md counts them
    Duration at{};
    MonitorId monitor;  ///< empty: not of one monitor
    std::string what;
};

/// What the checkers found; more than kMax are only counted.
class Findings {
public:
    static constexpr std::size_t kMax = 5;

    void report(Finding finding) {
        ++count_;
        if (findings_.size() < kMax) findings_.push_back(std::move(finding));
    }
    bool empty() const { return count_ == 0; }
    std::size_t count() const { return count_; }
    const std::vector<Finding>& all() const { return findings_; }

private:
    std::vector<Finding> findings_;
    std::size_t count_ = 0;
};

}  // namespace vigia::sim
