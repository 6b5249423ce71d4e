#pragma once

#include "base/secret.hpp"
#include "core/database.hpp"
#include "core/tls_options.hpp"

#include <string>
#include <variant>
#include <vector>

namespace vigia {

/// A request header of the user's. The value may be a token, so it is never printed.
struct RequestHeader {
    std::string name;
    Secret value;

    friend bool operator==(const RequestHeader&, const RequestHeader&) = default;
};

struct BasicAuth {
    std::string user;
    Secret password;
    friend bool operator==(const BasicAuth&, const BasicAuth&) = default;
};
struct BearerAuth {
    Secret token;
    friend bool operator==(const BearerAuth&, const BearerAuth&) = default;
};
using HttpAuth = std::variant<std::monostate, BasicAuth, BearerAuth>;

/// A proxy, resolved from the configuration (`"env"` has become a URL, or nothing, by then).
struct Proxy {
    std::string url;  ///< without userinfo; empty: connect directly
    std::string user;
    Secret password;
    friend bool operator==(const Proxy&, const Proxy&) = default;
};

/// Inclusive range of HTTP status codes.
struct StatusRange {
    int first = 200;
    int last = 200;
    friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

/// A website: what to request and which answer is good.
struct HttpTarget {
    std::string url;  ///< http or https, without userinfo and fragment
    std::string method = "GET";
    std::vector<RequestHeader> headers;
    Secret body;  ///< may hold a token
    HttpAuth auth;
    std::vector<StatusRange> expected_status{StatusRange{}};
    bool follow_redirects = true;
    Proxy proxy;
    TlsOptions tls;

    friend bool operator==(const HttpTarget&, const HttpTarget&) = default;
};

/// Everything that can be watched; one alternative per kind of probe.
using Target = std::variant<HttpTarget, DbTarget>;

}  // namespace vigia
