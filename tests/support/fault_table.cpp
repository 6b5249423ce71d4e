#include "tests/support/fault_table.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <utility>
#include <vector>

namespace vigia::test {
namespace {

/// What the page says, by kind and fault.
using Page = std::map<std::pair<std::string, std::string>, std::string>;
using Cells = std::vector<std::string>;

/// The cells of "| a | b |"; none if the line is not of a table.
Cells cells_of(const std::string& line) {
    constexpr std::string_view kBar = " | ";
    Cells cells;
    if (!line.starts_with("| ") || !line.ends_with(" |")) return cells;
    std::size_t at = 2;
    for (std::size_t bar = line.find(kBar, at); bar != std::string::npos;
         bar = line.find(kBar, at)) {
        cells.push_back(line.substr(at, bar - at));
        at = bar + kBar.size();
    }
    cells.push_back(line.substr(at, line.size() - 2 - at));
    return cells;
}

/// A row of one of the tables that tools/fault_table.py writes.
void add_row(const Cells& head, const Cells& row, Page& page) {
    if (row.size() != head.size() || head.size() < 3) return;
    if (head[0] == "kind" && head[1] == "fault") page[{row[0], row[1]}] = row[2];
    for (std::size_t i = 1; i < head.size(); ++i) {
        if (head[0] == "fault") page[{head[i], row[0]}] = row[i];
        if (head[0] == "kind" && i > 1) page[{row[0], row[1] + ": " + head[i]}] = row[i];
    }
}

Page read_page() {
    std::ifstream file(std::string(VIGIA_SOURCE_DIR) + "/docs/databases.md");
    Page page;
    Cells head;
    for (std::string line; std::getline(file, line);) {
        Cells cells = cells_of(line);
        if (cells.empty() || head.empty()) {
            head = std::move(cells);
        } else {
            add_row(head, cells, page);
        }
    }
    return page;
}

}  // namespace

std::string fault_of_phase(const std::string& phase, const std::string& kind) {
    static const std::map<std::string, std::string> messages = {
        {"connect", "first message"},       {"greeting", "greeting"},
        {"prelogin", "answer to PRELOGIN"}, {"tls", "TLS handshake"},
        {"login", "end of the login"},      {"query", "column names"},
        {"rows", "rows behind the first"},
    };
    return messages.at(phase) + ": " + (kind == "truncate" ? "half of it" : kind);
}

void expect_documented(std::string_view kind, const std::string& fault, const std::string& seen) {
    const std::size_t space = seen.find(' ');
    const std::string cell =
        space == std::string::npos
            ? seen
            : fmt::format("{} `{}`", seen.substr(0, space), seen.substr(space + 1));
    if (const char* const path = std::getenv("VIGIA_FAULT_TABLE")) {
        std::ofstream(path, std::ios::app) << fmt::format("{}\t{}\t{}\n", kind, fault, cell);
        return;
    }
    static const Page page = read_page();
    const auto found = page.find({std::string(kind), fault});
    EXPECT_EQ(found == page.end() ? "nothing" : found->second, cell)
        << "docs/databases.md of " << kind << ", " << fault << " (./dev fault-table)";
}

}  // namespace vigia::test
