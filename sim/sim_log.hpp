#pragma once

#include "env/log.hpp"
#include "sim/journal.hpp"
#include "sim/sim_clock.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace vigia::sim {

/// Log whose lines end in a Journal. One process's.
class SimLog final : public Log {
public:
    using Listener = std::function<void(LogLevel level, const std::string& text)>;

    SimLog(const SimClock& clock, Journal& journal, LogLevel level)
        : clock_(clock), journal_(journal), level_(level) {}

    void write(LogLevel level, std::string text) override {
        if (severed_ || !enabled(level)) return;
        if (listener_) listener_(level, text);
        journal_.add(clock_.moment().elapsed, to_string(level), std::move(text));
    }
    bool enabled(LogLevel level) const override { return level >= level_; }

    /// Called with every line.
    void set_listener(Listener listener) { listener_ = std::move(listener); }

    /// The process is gone: it says nothing any more.
    void sever() { severed_ = true; }

private:
    const SimClock& clock_;
    Journal& journal_;
    LogLevel level_;
    Listener listener_;
    bool severed_ = false;
};

}  // namespace vigia::sim
