#pragma once

#include <string>
#include <string_view>

namespace vigia {

/// Text as ODBC's wide functions take it; each malformed byte becomes U+FFFD.
std::u16string to_utf16(std::string_view text);

/// The other way; each lone surrogate becomes U+FFFD.
std::string from_utf16(std::u16string_view text);

}  // namespace vigia
