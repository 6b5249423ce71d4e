#include "cli/painting.hpp"

#include "base/text.hpp"
#include "cli/columns.hpp"

#include <fmt/format.h>

namespace vigia {

std::string painted(std::string_view cell, std::string_view colour, const TerminalShape& shape) {
    if (!shape.colours || colour.empty()) return std::string(cell);
    return fmt::format("{}{}\x1b[0m", colour, cell);
}

std::string in_lines(const std::vector<TextItem>& items, std::size_t indent,
                     const TerminalShape& shape) {
    constexpr std::string_view kBetween = " · ";
    const std::size_t room = shape.width - indent;
    std::string out;
    std::size_t used = 0;
    for (const TextItem& item : items) {
        const std::string text = fit(item.text, room);
        const std::size_t width = display_width(text);
        if (used > 0 && used + display_width(kBetween) + width <= room) {
            out += kBetween;
            used += display_width(kBetween);
        } else {
            if (used > 0) out += "\n";
            out += std::string(indent, ' ');
            used = 0;
        }
        out += painted(text, item.colour, shape);
        used += width;
    }
    if (used > 0) out += "\n";
    return out;
}

}  // namespace vigia
