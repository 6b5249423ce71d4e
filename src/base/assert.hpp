#pragma once

namespace vigia {

/// Prints where and what to standard error and aborts. The place is the caller's; by the compiler's
/// built-ins because clang 14 (fuzzers, clang-tidy) has no std::source_location.
[[noreturn]] void assertion_failed(const char* expression, const char* file = __builtin_FILE(),
                                   int line = __builtin_LINE(),
                                   const char* function = __builtin_FUNCTION());

}  // namespace vigia

/// Checks an invariant of our own code, in release builds too. Never used on anything that the
/// outside world can cause.
#define VIGIA_ASSERT(expression) \
    (static_cast<bool>(expression) ? void(0) : ::vigia::assertion_failed(#expression))
