#include "cli/arguments.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vigia {
namespace {

using Words = std::vector<std::string_view>;
using Kind = UsageError::Kind;

struct Understood {
    Words words;
    Arguments meaning;
};

TEST(Arguments, AreUnderstoodInEveryOrder) {
    const std::string file = "config.json";
    const std::vector<Understood> rows{
        {{}, {Command::run, file, {}, false, ""}},
        {{"run"}, {Command::run, file, {}, false, ""}},
        {{"-c", "a.json"}, {Command::run, "a.json", {}, false, ""}},
        {{"-ca.json", "run"}, {Command::run, "a.json", {}, false, ""}},
        {{"run", "--config", "a.json"}, {Command::run, "a.json", {}, false, ""}},
        {{"--config=a=b.json", "validate"}, {Command::validate, "a=b.json", {}, false, ""}},
        {{"run", "-c", "a", "-c", "b"}, {Command::run, "b", {}, false, ""}},
        {{"run", "-c", "-"}, {Command::run, "-", {}, false, ""}},
        {{"check"}, {Command::check, file, {}, false, ""}},
        {{"check", "Web uno", "--json", "dos"},
         {Command::check, file, {"Web uno", "dos"}, true, ""}},
        {{"--json", "check"}, {Command::check, file, {}, true, ""}},
        {{"check", "--", "--json", "-c"}, {Command::check, file, {"--json", "-c"}, false, ""}},
        {{"check", ""}, {Command::check, file, {""}, false, ""}},
        {{"notify-test"}, {Command::notify_test, file, {}, false, ""}},
        {{"notify-test", "--channel", "email"}, {Command::notify_test, file, {}, false, "email"}},
        {{"notify-test", "--channel=email"}, {Command::notify_test, file, {}, false, "email"}},
        {{"notifications"}, {Command::notifications, file, {}, false, ""}},
        {{"notifications", "--json", "--status=dead", "--limit", "5"},
         {Command::notifications, file, {}, true, "", DeliveryStatus::dead, 5}},
        {{"notifications", "retry", "a", "b"},
         {Command::notifications_retry, file, {"a", "b"}, false, ""}},
        {{"--all-dead", "notifications", "-c", "a.json", "retry"},
         {Command::notifications_retry, "a.json", {}, false, "", {}, {}, true}},
        {{"notifications", "retry", "retry"},
         {Command::notifications_retry, file, {"retry"}, false, ""}},
        {{"demo"}, {Command::demo, file, {}, false, ""}},
        {{"schema"}, {Command::schema, file, {}, false, ""}},
        {{"--help"}, {Command::help, file, {}, false, ""}},
        {{"-h"}, {Command::help, file, {}, false, ""}},
        {{"check", "--help", "--nonsense"}, {Command::help, file, {}, false, ""}},
        {{"--version", "-x"}, {Command::version, file, {}, false, ""}},
    };
    for (const Understood& row : rows) {
        const ParsedArguments parsed = parse_arguments(row.words);
        ASSERT_TRUE(std::holds_alternative<Arguments>(parsed));
        EXPECT_EQ(std::get<Arguments>(parsed), row.meaning)
            << "row " << &row - rows.data() << " of the table";
    }
}

struct Refused {
    Words words;
    UsageError error;
};

TEST(Arguments, AreRefusedWithWhatMayHaveBeenMeant) {
    const std::vector<Refused> rows{
        {{"vigilar"}, {Kind::unknown_command, "vigilar", ""}},
        {{"chek"}, {Kind::unknown_command, "chek", "check"}},
        {{""}, {Kind::unknown_command, "", ""}},
        {{"--colour"}, {Kind::unknown_option, "--colour", ""}},
        {{"--confg", "x"}, {Kind::unknown_option, "--confg", "--config"}},
        {{"check", "--yaml"}, {Kind::unknown_option, "--yaml", ""}},
        {{"-x"}, {Kind::unknown_option, "-x", ""}},
        {{"check", "--jsn"}, {Kind::unknown_option, "--jsn", "--json"}},
        {{"notifications", "dead"}, {Kind::unexpected_argument, "dead", ""}},
        {{"notifications", "--status", "sent"}, {Kind::bad_value, "sent", ""}},
        {{"notifications", "--limit", "0"}, {Kind::bad_value, "0", ""}},
        {{"notifications", "--limit", "5x"}, {Kind::bad_value, "5x", ""}},
        {{"notifications", "--limit", "-1"}, {Kind::bad_value, "-1", ""}},
        {{"notifications", "--limit"}, {Kind::missing_value, "--limit", ""}},
        {{"notifications", "--all-dead"}, {Kind::misplaced_option, "--all-dead", ""}},
        {{"notifications", "retry"}, {Kind::missing_argument, "ID, --all-dead", ""}},
        {{"notifications", "retry", "a", "--all-dead"}, {Kind::unexpected_argument, "a", ""}},
        {{"notifications", "retry", "a", "--json"}, {Kind::misplaced_option, "--json", ""}},
        {{"notifications", "retry", "a", "--status=dead"},
         {Kind::misplaced_option, "--status", ""}},
        {{"check", "--status=dead"}, {Kind::misplaced_option, "--status", ""}},
        {{"check", "--limit=2"}, {Kind::misplaced_option, "--limit", ""}},
        {{"run", "retry"}, {Kind::unexpected_argument, "retry", ""}},
        {{"run", "-c"}, {Kind::missing_value, "-c", ""}},
        {{"run", "-c", ""}, {Kind::missing_value, "-c", ""}},
        {{"run", "--config="}, {Kind::missing_value, "--config", ""}},
        {{"notify-test", "--channel"}, {Kind::missing_value, "--channel", ""}},
        {{"check", "--json=yes"}, {Kind::unwanted_value, "--json", ""}},
        {{"run", "--json"}, {Kind::misplaced_option, "--json", ""}},
        {{"run", "--channel", "email"}, {Kind::misplaced_option, "--channel", ""}},
        {{"demo", "-c", "x"}, {Kind::misplaced_option, "-c", ""}},
        {{"--config", "x", "schema"}, {Kind::misplaced_option, "--config", ""}},
        {{"run", "a", "b"}, {Kind::unexpected_argument, "a", ""}},
        {{"schema", "de-más"}, {Kind::unexpected_argument, "de-más", ""}},
    };
    for (const Refused& row : rows) {
        const ParsedArguments parsed = parse_arguments(row.words);
        ASSERT_TRUE(std::holds_alternative<UsageError>(parsed))
            << "row " << &row - rows.data() << " of the table";
        EXPECT_EQ(std::get<UsageError>(parsed), row.error)
            << "row " << &row - rows.data() << " of the table";
    }
}

TEST(Arguments, AreDescribedInBothLanguagesOnOneLine) {
    const UsageError error{Kind::unknown_command, "che\nk", "check"};
    EXPECT_EQ(describe(error, Catalog(Language::en)),
              "unknown command: che\\nk (did you mean check?)");
    EXPECT_EQ(describe(error, Catalog(Language::es)),
              "orden desconocida: che\\nk (¿quiso decir check?)");
}

TEST(Arguments, UsageIsSpokenInBothLanguages) {
    EXPECT_TRUE(usage_text(Catalog(Language::en)).starts_with("usage: vigia"));
    EXPECT_TRUE(usage_text(Catalog(Language::es)).starts_with("uso: vigia"));
}

}  // namespace
}  // namespace vigia
