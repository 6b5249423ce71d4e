#include "cli/process_signals.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

namespace vigia {

namespace asio = boost::asio;

ProcessSignals::ProcessSignals(asio::io_context& context)
    : signals_(context, SIGTERM, SIGINT, SIGHUP) {}

asio::awaitable<OperatorSignal> ProcessSignals::next() {
    boost::system::error_code error;
    const int number =
        co_await signals_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (!error && number == SIGHUP) co_return OperatorSignal::reload;
    // SIGHUP stays ours: a terminal that is closed meanwhile must not cut the stop short.
    signals_.remove(SIGTERM, error);
    signals_.remove(SIGINT, error);
    co_return OperatorSignal::stop;
}

}  // namespace vigia
