#include "cli/columns.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace vigia {

namespace {

std::size_t code_point_size(std::string_view text) {
    std::size_t end = 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) ++end;
    return end;
}

/// Bytes of the first code point of `text`, which is not empty, and the zero-width ones that join
/// it.
std::size_t first_cluster(std::string_view text) {
    std::size_t end = code_point_size(text);
    while (end < text.size()) {
        const std::size_t size = code_point_size(text.substr(end));
        if (display_width(text.substr(end, size)) > 0) break;
        end += size;
    }
    return end;
}

/// Bytes of the longest start of `text` that is at most `columns` wide.
std::size_t prefix_within(std::string_view text, std::size_t columns) {
    std::size_t end = 0;
    std::size_t used = 0;
    while (end < text.size()) {
        const std::size_t size = first_cluster(text.substr(end));
        used += display_width(text.substr(end, size));
        if (used > columns) break;
        end += size;
    }
    return end;
}

}  // namespace

std::string fit(std::string_view text, std::size_t columns) {
    if (display_width(text) <= columns) return std::string(text);
    if (columns == 0) return {};
    return std::string(text.substr(0, prefix_within(text, columns - 1))) + "…";
}

std::string pad(std::string_view text, std::size_t columns) {
    const std::size_t width = display_width(text);
    std::string padded(text);
    if (width < columns) padded.append(columns - width, ' ');
    return padded;
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
    columns = std::max<std::size_t>(columns, 1);
    std::vector<std::string> lines(1);
    std::size_t used = 0;
    const auto next_line = [&] {
        lines.emplace_back();
        used = 0;
    };
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (word.empty()) continue;
        const std::size_t width = display_width(word);
        if (used > 0 && used + 1 + width > columns) next_line();
        if (used > 0) lines.back() += ' ';
        while (display_width(word) > columns) {
            const std::size_t cut = std::max(prefix_within(word, columns), first_cluster(word));
            lines.back() = word.substr(0, cut);
            word.remove_prefix(cut);
            if (word.empty()) break;
            next_line();
        }
        lines.back() += word;
        used = display_width(lines.back());
    }
    return lines;
}

}  // namespace vigia
