#pragma once

#include <string>
#include <string_view>

namespace vigia::test {

/// docs/databases.md tells for each kind of server and each fault what vigia says of it: "login
/// timeout". A test that has seen one compares it with the row there. With VIGIA_FAULT_TABLE set to
/// a file, the row is appended to that file instead: `./dev fault-table` makes the table anew.
void expect_documented(std::string_view kind, const std::string& fault, const std::string& seen);

}  // namespace vigia::test
