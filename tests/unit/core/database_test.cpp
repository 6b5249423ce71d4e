#include "core/database.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

namespace vigia {
namespace {

using Operand = std::variant<double, std::int64_t, std::string>;

DbExpectation value_is(CompareOp op, Operand operand) {
    DbExpectation expect;
    expect.value.push_back({op, std::move(operand)});
    return expect;
}

DbResult result(std::optional<std::string> value, std::uint64_t rows = 1) {
    return {.rows = rows, .value = std::move(value)};
}

ReasonCode verdict(const DbExpectation& expect, const DbResult& result) {
    const std::optional<Reason> reason = judge(expect, result);
    if (!reason) return ReasonCode::none;
    EXPECT_EQ(reason->phase, Phase::condition);
    return reason->code;
}

TEST(DbExpectation, ComparesNumbersAsNumbersAndTextsAsTexts) {
    struct Row {
        CompareOp op;
        Operand operand;
        std::string value;
        bool holds;
    };
    const std::string ten = "10";
    const std::vector<Row> rows = {
        {CompareOp::equal, 1.0, "1", true},
        {CompareOp::equal, 1.0, "1.0", true},
        {CompareOp::equal, 1.0, "+1", true},
        {CompareOp::equal, 1.0, "1   ", true},
        {CompareOp::equal, 1e3, "1000", true},
        {CompareOp::equal, 1.0, "2", false},
        {CompareOp::less, 9.0, "10", false},
        {CompareOp::less, 11.0, "10", true},
        {CompareOp::less_equal, 10.0, "10", true},
        {CompareOp::greater, 9.0, "10", true},
        {CompareOp::greater_equal, 10.5, "10", false},
        {CompareOp::not_equal, 10.0, "10", false},
        {CompareOp::not_equal, 10.0, "-10", true},
        {CompareOp::equal, ten, "10", true},
        {CompareOp::equal, ten, "10.0", false},
        {CompareOp::less, std::string("9"), "10", true},
        {CompareOp::not_equal, std::string("ready"), "READY", true},
        {CompareOp::equal, std::string(), "", true},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(verdict(value_is(row.op, row.operand), result(row.value)),
                  row.holds ? ReasonCode::none : ReasonCode::unexpected_value)
            << row.value << " " << to_string(row.op);
    }
}

TEST(DbExpectation, ComparesIntegersExactly) {
    constexpr std::int64_t kBeyond = 9'007'199'254'740'993;  // 2^53 + 1: no double
    constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
    struct Row {
        CompareOp op;
        Operand operand;
        std::string value;
        bool holds;
    };
    const std::vector<Row> rows = {
        {CompareOp::equal, kBeyond, "9007199254740993", true},
        {CompareOp::equal, kBeyond, "+9007199254740993 ", true},
        {CompareOp::equal, kBeyond, "9007199254740992", false},
        {CompareOp::greater, kBeyond - 1, "9007199254740993", true},
        {CompareOp::not_equal, kLeast, "-9223372036854775807", true},
        {CompareOp::equal, kLeast, "-9223372036854775808", true},
        {CompareOp::equal, std::int64_t{1}, "1.0", true},
        {CompareOp::equal, std::int64_t{1000}, "1e3", true},
        {CompareOp::less, std::int64_t{2}, "1.5", true},
        {CompareOp::greater, std::int64_t{1}, "18446744073709551615", true},
        {CompareOp::less, 1.5, "1", true},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(verdict(value_is(row.op, row.operand), result(row.value)),
                  row.holds ? ReasonCode::none : ReasonCode::unexpected_value)
            << row.value << " " << to_string(row.op);
    }
    EXPECT_EQ(verdict(value_is(CompareOp::equal, std::int64_t{1}), result("one")),
              ReasonCode::value_not_a_number);
}

TEST(DbExpectation, TellsWhatDoesNotHold) {
    for (const Operand& five : {Operand(5.0), Operand(std::int64_t{5}), Operand("5")}) {
        const auto reason = judge(value_is(CompareOp::less, five), result("7"));
        ASSERT_TRUE(reason);
        EXPECT_EQ(reason->detail, "7 (expect < 5)");
    }
    const auto reason = judge(value_is(CompareOp::less, 5.5), result("7"));
    ASSERT_TRUE(reason);
    EXPECT_EQ(reason->detail, "7 (expect < 5.5)");
}

TEST(DbExpectation, AnIllTypedOrMissingValueHasItsOwnReason) {
    for (const char* const text : {"", " ", "one", "1x", "0x10", "1,5", "++1"}) {
        EXPECT_EQ(verdict(value_is(CompareOp::equal, 1.0), result(text)),
                  ReasonCode::value_not_a_number)
            << text;
    }
    EXPECT_EQ(verdict(value_is(CompareOp::equal, 1.0), result(std::nullopt)),
              ReasonCode::value_missing);
    EXPECT_EQ(verdict(value_is(CompareOp::not_equal, 1.0), result(std::nullopt, 0)),
              ReasonCode::value_missing);
}

TEST(DbExpectation, EveryComparisonMustHold) {
    DbExpectation between = value_is(CompareOp::greater_equal, 1.0);
    between.value.push_back({CompareOp::less, 10.0});
    EXPECT_EQ(verdict(between, result("1")), ReasonCode::none);
    EXPECT_EQ(verdict(between, result("0")), ReasonCode::unexpected_value);
    EXPECT_EQ(verdict(between, result("10")), ReasonCode::unexpected_value);
}

TEST(DbExpectation, CountsRows) {
    DbExpectation some;
    some.min_rows = 1;
    EXPECT_EQ(verdict(some, result("x", 1)), ReasonCode::none);
    EXPECT_EQ(verdict(some, result("x", kMaxDbRows)), ReasonCode::none);
    EXPECT_EQ(verdict(some, result(std::nullopt, 0)), ReasonCode::unexpected_rows);
    some.max_rows = 2;
    EXPECT_EQ(verdict(some, result("x", 2)), ReasonCode::none);
    EXPECT_EQ(verdict(some, result("x", 3)), ReasonCode::unexpected_rows);
    EXPECT_EQ(judge(some, result("x", 3))->value, 3);
    DbExpectation none;
    none.max_rows = 0;
    EXPECT_EQ(verdict(none, result(std::nullopt, 0)), ReasonCode::none);
}

TEST(DbExpectation, OfAnAnswerThatWasCutTheRowsAreNotKnown) {
    DbResult cut = result("x", 100);
    cut.capped = true;
    DbExpectation rows;
    rows.min_rows = 100;
    EXPECT_EQ(verdict(rows, cut), ReasonCode::none);
    rows.min_rows = 101;
    EXPECT_EQ(verdict(rows, cut), ReasonCode::unexpected_rows);
    EXPECT_NE(judge(rows, cut)->detail, "");
    rows = {};
    rows.max_rows = 200;
    EXPECT_EQ(verdict(rows, cut), ReasonCode::unexpected_rows) << "there may be more than 200";
}

TEST(DbExpectation, WithoutOneAnyAnswerIsGood) {
    EXPECT_EQ(verdict({}, result(std::nullopt, 0)), ReasonCode::none);
    EXPECT_EQ(verdict({}, result("anything", 7)), ReasonCode::none);
}

}  // namespace
}  // namespace vigia
