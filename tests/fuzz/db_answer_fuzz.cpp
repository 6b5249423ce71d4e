// What database servers and drivers say of a failure or of themselves, and what they answer:
// whatever the texts, a reason has a code and is bounded, a judged answer holds no password that
// was sent, and what is shown of it is bounded too. First byte: whose words; second: numbers and
// flags; then, each up to a NUL: the password, the operand, a SQLSTATE, a first text; the rest is a
// second one.

#include "base/assert.hpp"
#include "base/text.hpp"
#include "env/db_client.hpp"
#include "env/real/mysql_failure.hpp"
#include "env/real/odbc_failure.hpp"
#include "env/real/pg_failure.hpp"
#include "probe/db_probe.hpp"
#include "tests/support/fuzz_input.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace vigia;

/// What a server or a driver says.
struct Words {
    unsigned choice = 0;
    std::string sqlstate;
    std::string first;
    std::string second;
};

constexpr Phase kPhases[] = {Phase::connect, Phase::tls, Phase::login, Phase::query};

Phase phase_of(const Words& words) {
    return kPhases[words.choice % 4];
}

Reason postgresql_failure(const Words& words) {
    PgFacts facts;
    facts.phase = phase_of(words);
    facts.tls_answer = "\0SNE"[words.choice / 4 % 4];
    facts.wants_login = words.choice / 16 % 2 == 1;
    facts.deadline_near = words.choice / 32 % 2 == 1;
    facts.message = own_words(words.first);
    VIGIA_ASSERT(facts.message.find('\n') == std::string::npos);
    VIGIA_ASSERT(words.first.find(facts.message) != std::string::npos);
    if (const auto error = find_server_error(words.first)) {
        VIGIA_ASSERT(error->sqlstate.size() == 5 && error->text.find('\n') == std::string::npos);
        VIGIA_ASSERT(words.first.find(":  " + error->sqlstate + ": " + error->text) !=
                     std::string::npos);
        facts.server = *error;
    } else if (words.choice / 64 % 2 == 1) {
        facts.tls_error = words.second;
    }
    return classify(facts);
}

Reason mysql_failure(const Words& words) {
    MysqlFacts facts;
    facts.phase = phase_of(words);
    facts.number = words.choice * 16 + static_cast<unsigned>(words.first.size() % 16);
    facts.sqlstate = words.sqlstate;
    facts.text = words.first;
    facts.ended = words.choice / 4 % 2 == 1;
    facts.query = words.second;
    return classify(facts);
}

Reason odbc_failure(const Words& words) {
    const bool known = words.choice / 4 % 2 == 1;
    const int number = static_cast<int>(words.choice / 16) * 1129;
    const std::vector<OdbcRecord> records = {{words.sqlstate, 0, words.first},
                                             {"42000", known ? number : 0, words.second}};
    return classify(records, known ? OdbcNumbers::sql_server : OdbcNumbers::unknown,
                    phase_of(words), words.choice / 8 % 2 == 1);
}

std::optional<Reason> failure_of(unsigned who, const Words& words) {
    switch (who % 4) {
        case 0:
            return std::nullopt;
        case 1:
            return postgresql_failure(words);
        case 2:
            return mysql_failure(words);
        default:
            return odbc_failure(words);
    }
}

DbTarget read_target(test::FuzzInput& input) {
    DbTarget target;
    target.password = Secret(std::string(input.field()));
    const std::string operand(input.field());
    if (operand.empty()) return target;
    const auto op = static_cast<CompareOp>(operand.size() % 6);
    if (operand.size() % 3 == 0) target.expect.value.push_back({op, operand});
    if (operand.size() % 3 == 1) target.expect.value.push_back({op, std::int64_t{1} << 53});
    if (operand.size() % 3 == 2) target.expect.value.push_back({op, 0.5});
    return target;
}

/// Whoever has a password of asterisks sees it in every mask.
void check_secrecy(const std::string& text, const DbTarget& target) {
    const std::string& password = target.password.reveal();
    if (password.size() < 4 || password.find('*') != std::string::npos) return;
    VIGIA_ASSERT(text.find(password) == std::string::npos);
}

void check_result(const ProbeResult& result, const DbTarget& target) {
    VIGIA_ASSERT((result.outcome == Outcome::up) == (result.reason.code == ReasonCode::none));
    VIGIA_ASSERT(result.reason.detail.size() <= kMaxDbDetail);
    VIGIA_ASSERT(result.reason.detail.find_first_of("\n\r\t") == std::string::npos);
    check_secrecy(result.reason.detail, target);
    if (!result.database) return;
    VIGIA_ASSERT(result.database->server_version.size() <= kMaxDbVersion);
    check_secrecy(result.database->server_version, target);
    if (!result.database->value) return;
    VIGIA_ASSERT(result.database->value->size() <= kMaxShownValue);
    check_secrecy(*result.database->value, target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    test::FuzzInput input(bytes, size);
    const unsigned who = input.byte();
    Words words;
    words.choice = input.byte();
    const DbTarget target = read_target(input);
    words.sqlstate = input.field();
    words.first = input.field();
    words.second = input.rest();

    DbAnswer answer;
    answer.failure = failure_of(who, words);
    if (answer.failure) {
        VIGIA_ASSERT(answer.failure->code != ReasonCode::none);
        VIGIA_ASSERT(answer.failure->detail.size() <= kMaxServerText);
    }
    answer.server_version = words.first;
    answer.result.rows = words.choice;
    if (!words.second.empty()) answer.result.value = words.second;
    check_result(judge(target, answer), target);
    return 0;
}
