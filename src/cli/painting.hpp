#pragma once

#include "cli/terminal.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

// What tables for people are made of, beside columns.hpp.

inline constexpr std::string_view kBold = "\x1b[1m";
inline constexpr std::string_view kFaint = "\x1b[2m";
inline constexpr std::string_view kGreen = "\x1b[32m";
inline constexpr std::string_view kYellow = "\x1b[33m";
inline constexpr std::string_view kRed = "\x1b[1;31m";
inline constexpr std::string_view kPurple = "\x1b[35m";

/// `cell` in a colour, where the terminal shows any.
std::string painted(std::string_view cell, std::string_view colour, const TerminalShape& shape);

struct TextItem {
    std::string text;
    std::string_view colour;
};

/// Items side by side, as many in a line as fit behind `indent`; each line ends with a newline.
std::string in_lines(const std::vector<TextItem>& items, std::size_t indent,
                     const TerminalShape& shape);

}  // namespace vigia
