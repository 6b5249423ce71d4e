#pragma once

#include "cli/signals.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace vigia {

/// SIGTERM and SIGINT stop, SIGHUP reloads. After the first stop the signals have their default
/// action again: a second one ends the process at once, however busy it is. One per process.
class ProcessSignals final : public OperatorSignals {
public:
    explicit ProcessSignals(boost::asio::io_context& context);

    boost::asio::awaitable<OperatorSignal> next() override;

private:
    boost::asio::signal_set signals_;
};

}  // namespace vigia
