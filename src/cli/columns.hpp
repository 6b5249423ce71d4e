#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

// Text measured in the columns of a terminal (display_width). Precondition of all: well-formed
// UTF-8 without control characters, as escape_line() makes it.

/// `text` if it is at most `columns` wide, else its start and an ellipsis, together at most
/// `columns` wide. Never cuts a code point.
std::string fit(std::string_view text, std::size_t columns);

/// `text` and as many spaces as make it `columns` wide; nothing is cut.
std::string pad(std::string_view text, std::size_t columns);

/// `text` in lines of at most `columns`, broken at spaces, inside a word only where it is wider
/// than a line. At least one line; a code point wider than `columns` stands alone.
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

}  // namespace vigia
