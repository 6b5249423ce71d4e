#pragma once

#include "core/target.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace vigia {

inline constexpr std::size_t kMaxSecret = std::size_t{16} * 1024;  ///< longer ones: their start

/// `text`, which comes from the target, without the secrets that we sent to it: a target that
/// echoes its request must not bring a token into a mail. Each occurrence of a password, token,
/// header value or body, also of Basic's base64 form, becomes `***`, and so does the beginning of
/// one at the end of the text: servers and libraries cut what they say. Secrets, and beginnings,
/// shorter than four bytes are left: hiding every "1" would hide the answer. Before shortening:
/// half a secret in the middle is not found.
std::string hide_secrets(std::string text, const HttpTarget& target);
std::string hide_secrets(std::string text, const DbTarget& target);

/// The headers of an answer without the values of its cookies: they open sessions.
std::string hide_cookies(std::string_view headers);

}  // namespace vigia
