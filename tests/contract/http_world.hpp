#pragma once

#include "base/time.hpp"
#include "env/http_client.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

namespace vigia::test {

/// What a target does with a request, in terms that every implementation of HttpClient knows.
enum class Site : std::uint8_t {
    answers,  ///< 200
    answers_503,
    refuses,       ///< no one listens
    resets,        ///< the connection, once it has the request
    hangs,         ///< takes the request, and says nothing
    truncates,     ///< announces more than it sends
    unknown_name,  ///< NXDOMAIN
};

/// An HttpClient and targets for it: what the contract is tested in. One per test.
class HttpWorld {
public:
    virtual ~HttpWorld() = default;
    /// A target that behaves so.
    virtual std::string url(Site site) = 0;
    virtual MonoTime now() const = 0;
    /// Runs the world until the fetch has completed.
    virtual HttpExchange fetch(HttpFetch request) = 0;
    /// Runs the world until the fetch has completed; it is cancelled once it waits.
    virtual HttpExchange fetch_cancelled(HttpFetch request) = 0;
};

/// An implementation of HttpClient, for a value-parameterised suite.
struct HttpWorldFactory {
    const char* name;
    std::function<std::unique_ptr<HttpWorld>()> make;

    friend std::ostream& operator<<(std::ostream& out, const HttpWorldFactory& factory) {
        return out << factory.name;
    }
};

}  // namespace vigia::test
