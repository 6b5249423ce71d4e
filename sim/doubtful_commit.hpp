#pragma once

#include "sim/observer.hpp"

#include <optional>

namespace vigia::sim {

/// Keeps the batch in whose commit the power went, until the next start shows whether it was
/// written.
class DoubtfulCommit final : public Observer {
public:
    void commit_in_doubt(const Moment&, const Batch& batch) override { batch_ = batch; }
    void starting(const Moment&, const Config&, const StoredState&) override { batch_.reset(); }

    /// The batch, if `stored` holds all of it; half of one is for the CrashChecker to find.
    const std::optional<Batch>& found_in(const StoredState& stored);

private:
    std::optional<Batch> batch_;
};

}  // namespace vigia::sim
