#include "tests/support/fault_table.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace vigia::test {
namespace {

std::string documentation() {
    std::ifstream file(std::string(VIGIA_SOURCE_DIR) + "/docs/databases.md");
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void expect_documented(std::string_view kind, const std::string& fault, const std::string& seen) {
    const std::size_t space = seen.find(' ');
    const std::string row = space == std::string::npos
                                ? fmt::format("| {} | {} | | {} |", kind, fault, seen)
                                : fmt::format("| {} | {} | {} | `{}` |", kind, fault,
                                              seen.substr(0, space), seen.substr(space + 1));
    if (const char* const path = std::getenv("VIGIA_FAULT_TABLE")) {
        std::ofstream(path, std::ios::app) << row << "\n";
        return;
    }
    static const std::string table = documentation();
    EXPECT_NE(table.find("\n" + row + "\n"), std::string::npos)
        << "docs/databases.md lacks this row, or says otherwise (./dev fault-table): " << row;
}

}  // namespace vigia::test
