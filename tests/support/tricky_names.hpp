#pragma once

namespace vigia::test {

/// What trips up whoever concatenates.
constexpr const char* kTrickyUser = R"(o'néill "x" \ =;)";
constexpr const char* kTrickyUserForDrivers = R"(o'néill "x" \ =)";  // no `;`
constexpr const char* kTrickyPassword = R"(p'a"s\s w=o;r{d} ñ☂ canary-7f3a)";
constexpr const char* kTrickyDatabase = R"(mon 'db' "y" \ user=admin)";

}  // namespace vigia::test
