#pragma once

#include <string>
#include <string_view>

namespace vigia::test {

/// docs/databases.md tells for each kind of server and each fault what vigia says of it: "login
/// timeout", or "good". A test that has seen one compares it with the page. With VIGIA_FAULT_TABLE
/// set to a file, what was seen is appended to that file instead: `./dev fault-table` makes the
/// tables anew. `fault` is in the words of tools/fault_table.py where every kind must have been
/// tried with it, "MESSAGE: WHAT" where something else comes in place of a message, else anything.
void expect_documented(std::string_view kind, const std::string& fault, const std::string& seen);

/// The fault of a phase of the servers in tests/protocol, in the words of the page.
std::string fault_of_phase(const std::string& phase, const std::string& kind);

}  // namespace vigia::test
