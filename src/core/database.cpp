#include "core/database.hpp"

#include "base/assert.hpp"

#include <charconv>
#include <compare>
#include <fmt/format.h>
#include <limits>

namespace vigia {
namespace {

/// The whole of `text` as a number, blanks around it left out: CHAR columns are padded.
template <class Number>
std::optional<Number> number_of(std::string_view text) {
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return std::nullopt;
    text = text.substr(first, text.find_last_not_of(' ') - first + 1);
    if (text.starts_with('+')) text.remove_prefix(1);
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

bool holds(CompareOp op, std::partial_ordering order) {
    switch (op) {
        case CompareOp::less:
            return order < 0;
        case CompareOp::less_equal:
            return order <= 0;
        case CompareOp::equal:
            return order == 0;
        case CompareOp::not_equal:
            return order != 0;
        case CompareOp::greater_equal:
            return order >= 0;
        case CompareOp::greater:
            return order > 0;
    }
    assertion_failed("a CompareOp without a meaning");
}

Reason failed(ReasonCode code, std::string detail) {
    return {.phase = Phase::condition, .code = code, .value = 0, .detail = std::move(detail)};
}

/// `value` against the operand; none: it is no number, and should be one.
struct Order {
    const std::string& value;

    using Result = std::optional<std::partial_ordering>;

    Result operator()(double number) const {
        const std::optional<double> actual = number_of<double>(value);
        if (!actual) return std::nullopt;
        return *actual <=> number;
    }
    Result operator()(std::int64_t number) const {
        const std::optional<std::int64_t> actual = number_of<std::int64_t>(value);
        if (!actual) return (*this)(static_cast<double>(number));
        return *actual <=> number;
    }
    Result operator()(const std::string& text) const { return value <=> text; }
};

std::optional<Reason> compare(const Comparison& wanted, const std::string& value) {
    const Order::Result order = std::visit(Order{value}, wanted.operand);
    if (!order) return failed(ReasonCode::value_not_a_number, value);
    if (holds(wanted.op, *order)) return std::nullopt;
    const std::string operand =
        std::visit([](const auto& given) { return fmt::format("{}", given); }, wanted.operand);
    return failed(ReasonCode::unexpected_value,
                  fmt::format("{} (expect {} {})", value, to_string(wanted.op), operand));
}

}  // namespace

std::optional<Reason> judge(const DbExpectation& expect, const DbResult& result) {
    const std::uint64_t least = expect.min_rows.value_or(0);
    const std::uint64_t most = expect.max_rows.value_or(std::numeric_limits<std::uint64_t>::max());
    // Of an answer that was not read to its end nobody knows that it has at most so many rows.
    const bool unknown = result.capped && expect.max_rows.has_value();
    if (result.rows < least || result.rows > most || unknown) {
        return Reason{
            .phase = Phase::condition,
            .code = ReasonCode::unexpected_rows,
            .value = static_cast<int>(result.rows),
            .detail = result.capped ? "the answer is larger than what is read of it" : ""};
    }
    if (expect.value.empty()) return std::nullopt;
    if (!result.value) return failed(ReasonCode::value_missing, {});
    for (const Comparison& wanted : expect.value) {
        if (std::optional<Reason> reason = compare(wanted, *result.value)) return reason;
    }
    return std::nullopt;
}

std::string_view to_string(DbKind kind) {
    switch (kind) {
        case DbKind::postgresql:
            return "postgresql";
        case DbKind::mysql:
            return "mysql";
        case DbKind::mariadb:
            return "mariadb";
        case DbKind::sqlserver:
            return "sqlserver";
        case DbKind::odbc:
            return "odbc";
    }
    assertion_failed("a DbKind without a name");
}

std::string_view to_string(CompareOp op) {
    switch (op) {
        case CompareOp::less:
            return "<";
        case CompareOp::less_equal:
            return "<=";
        case CompareOp::equal:
            return "==";
        case CompareOp::not_equal:
            return "!=";
        case CompareOp::greater_equal:
            return ">=";
        case CompareOp::greater:
            return ">";
    }
    assertion_failed("a CompareOp without a sign");
}

std::uint16_t default_port(DbKind kind) {
    constexpr std::uint16_t kPostgresql = 5432;
    constexpr std::uint16_t kMysql = 3306;
    constexpr std::uint16_t kSqlServer = 1433;
    switch (kind) {
        case DbKind::postgresql:
            return kPostgresql;
        case DbKind::mysql:
        case DbKind::mariadb:
            return kMysql;
        case DbKind::sqlserver:
            return kSqlServer;
        case DbKind::odbc:
            return 0;
    }
    assertion_failed("a DbKind without a port");
}

}  // namespace vigia
