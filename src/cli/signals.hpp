#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>

namespace vigia {

/// What the operator asks of a running monitor.
enum class OperatorSignal : std::uint8_t { stop, reload };

/// Port: waits for the operator. One waiter at a time, on the shard's thread.
class OperatorSignals {
public:
    virtual ~OperatorSignals() = default;

    /// The next request; requests of one kind that come while nobody waits count once. `stop` is
    /// the last one. A wait that fails or is cancelled is a `stop`.
    virtual boost::asio::awaitable<OperatorSignal> next() = 0;
};

}  // namespace vigia
