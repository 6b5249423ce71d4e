#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace vigia {

/// Why something of ours failed. `code` is what logic may look at; `detail` is for people only.
struct [[nodiscard]] Error {
    boost::system::error_code code;
    std::string detail;
};

/// A value or an Error. Not for probes: a failed probe is a value (core/probe_result.hpp).
template <class T>
using Result = boost::system::result<T, Error>;

/// Thrown where a Result is forced open without a check, and by constructors.
class FatalError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
    throw FatalError(error.detail.empty() ? error.code.message() : error.detail);
}

}  // namespace vigia
