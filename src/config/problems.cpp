#include "config/problems.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace vigia {

void Problems::add(std::size_t offset, std::string pointer, std::string message) {
    if (full()) {
        ++left_out_;
        return;
    }
    bytes_ += pointer.size() + message.size();
    found_.push_back({std::min(offset, text_.size()),
                      {.pointer = std::move(pointer), .message = std::move(message)}});
}

std::size_t Problems::line_of(std::size_t offset) {
    if (line_starts_.empty()) {
        line_starts_.push_back(0);
        for (std::size_t at = text_.find('\n'); at != std::string_view::npos;
             at = text_.find('\n', at + 1)) {
            line_starts_.push_back(at + 1);
        }
    }
    const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    return static_cast<std::size_t>(after - line_starts_.begin());
}

std::vector<ConfigProblem> Problems::take() {
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Found& a, const Found& b) { return a.offset < b.offset; });
    std::vector<ConfigProblem> out;
    out.reserve(found_.size());
    // Columns are counted on from the previous problem: linear, even if all is on one line.
    std::size_t line = 0;
    std::size_t counted = 0;
    std::size_t column = 1;
    for (Found& found : found_) {
        const std::size_t its_line = line_of(found.offset);
        if (its_line != line) {
            line = its_line;
            counted = line_starts_[line - 1];
            column = 1;
        }
        column += count_code_points(text_.substr(counted, found.offset - counted));
        counted = found.offset;
        found.problem.line = line;
        found.problem.column = column;
        out.push_back(std::move(found.problem));
    }
    found_.clear();
    bytes_ = 0;
    return out;
}

std::string format_problem(std::string_view file, const ConfigProblem& problem) {
    std::string out = escape_line(file);
    if (problem.line != 0) out += fmt::format(":{}:{}", problem.line, problem.column);
    if (!problem.pointer.empty()) out += ": " + escape_line(problem.pointer);
    return out + ": " + escape_line(problem.message);
}

}  // namespace vigia
