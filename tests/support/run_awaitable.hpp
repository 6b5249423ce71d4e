#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace vigia::test {

/// Far longer than any test takes: a bound on what hangs, not a wait.
inline constexpr std::chrono::seconds kPatience{30};

/// Lets `io` run until `done()`; throws if nothing happens for kPatience.
template <class Done>
void run_until(boost::asio::io_context& io, Done done) {
    io.restart();
    while (!done()) {
        if (io.run_one_for(kPatience) == 0) throw std::runtime_error("nothing happens");
    }
}

/// Runs `task`, and whatever else `io` has to do, until `task` has ended; returns its result.
template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
    std::optional<T> result;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
        failure = error;
        result = std::move(value);
    });
    run_until(io, [&result] { return result.has_value(); });
    if (failure) std::rethrow_exception(failure);
    return *std::move(result);
}

}  // namespace vigia::test
