#pragma once

#include "base/time.hpp"

#include <optional>

namespace vigia {

/// Port: who has started this process and watches over it. Telling never blocks and never fails.
/// On the shard's thread.
class Supervisor {
public:
    virtual ~Supervisor() = default;

    virtual void ready() = 0;      ///< started, or done with a reload
    virtual void reloading() = 0;  ///< until ready()
    virtual void stopping() = 0;
    virtual void alive() = 0;

    /// How often alive() is wanted at the least; nothing: nobody waits for it.
    virtual std::optional<Duration> patience() const = 0;
};

}  // namespace vigia
