#pragma once

namespace vigia {

// The exit statuses of every command (PRODUCT §2): part of the contract with scripts.

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;    ///< something is down, was not delivered, or is fatal
inline constexpr int kExitBadInput = 2;  ///< configuration or usage

}  // namespace vigia
