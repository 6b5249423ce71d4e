#include "cli/configuration.hpp"

#include "cli/descriptor_budget.hpp"
#include "cli/exit_status.hpp"
#include "cli/validate.hpp"
#include "tests/unit/cli/samples.hpp"
#include "tests/unit/cli/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace vigia {
namespace {

using cli_test::RecordingTerminal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Condition = boost::system::errc::errc_t;

ConfigurationFile file_with(std::string text) {
    ConfigurationFile file;
    file.name = "./mi.json";
    file.sources = cli_test::no_sources();
    file.read = [text = std::move(text)](const std::string&) -> Result<std::string> {
        return text;
    };
    return file;
}

ConfigurationFile file_that_fails(Condition condition, std::string detail) {
    ConfigurationFile file = file_with("");
    file.read = [condition, detail = std::move(detail)](const std::string&) -> Result<std::string> {
        return Error{make_error_code(condition), detail};
    };
    return file;
}

TEST(ReadConfiguration, AMissingFileIsSaidBeforeTheRest) {
    const ConfigurationReading reading =
        read_configuration(file_that_fails(Condition::no_such_file_or_directory, ""), Language::es);
    EXPECT_EQ(reading.state, ConfigurationState::missing);
    EXPECT_THAT(reading.errors, ElementsAre("./mi.json: el archivo de configuración no existe",
                                            "No hay servicios configurados para monitorear."));
}

TEST(ReadConfiguration, AnUnreadableFileSaysWhy) {
    const ConfigurationReading reading = read_configuration(
        file_that_fails(Condition::permission_denied, "Permission denied"), Language::en);
    EXPECT_EQ(reading.state, ConfigurationState::unreadable);
    EXPECT_THAT(reading.errors,
                ElementsAre("./mi.json: the configuration cannot be read: Permission denied"));
}

TEST(ReadConfiguration, WithoutAnEnabledMonitorThereIsNothingToMonitor) {
    for (const char* text : {"{}", R"({"websites": {}})",
                             R"({"websites": {"Uno": {"url": "http://h/", "enabled": false}}})"}) {
        const ConfigurationReading reading = read_configuration(file_with(text), Language::en);
        EXPECT_EQ(reading.state, ConfigurationState::nothing_to_monitor);
        EXPECT_TRUE(reading.config.has_value());
        EXPECT_THAT(reading.errors, ElementsAre("No hay servicios configurados para monitorear."));
    }
}

TEST(ReadConfiguration, SpeaksTheLanguageOfTheFile) {
    const ConfigurationReading reading =
        read_configuration(file_with(R"({"language": "en"})"), Language::es);
    EXPECT_EQ(reading.language, Language::en);
    EXPECT_THAT(reading.errors, ElementsAre("No services are configured to monitor."));
}

TEST(ValidateCommand, PrintsEveryErrorWithItsPlace) {
    const ConfigurationFile file = file_with(
        "{\"language\": \"en\",\n \"websites\": {\"A\": 5},\n"
        " \"emial\": {}}");
    RecordingTerminal terminal;
    EXPECT_EQ(validate(file, read_configuration(file, Language::es), terminal), kExitBadInput);
    EXPECT_THAT(terminal.errors, StartsWith("./mi.json:2:20: /websites/A: "));
    EXPECT_THAT(terminal.errors, HasSubstr("\n./mi.json:3:2: /emial: "));
    EXPECT_EQ(terminal.printed, "");
}

TEST(ValidateCommand, CountsWhatAGoodFileHolds) {
    const ConfigurationFile file = file_with(R"({"language": "en", "websites": {
        "Uno": "http://h/", "Dos": {"url": "http://h/", "enabled": false}}})");
    RecordingTerminal terminal;
    EXPECT_EQ(validate(file, read_configuration(file, Language::es), terminal), kExitOk);
    EXPECT_EQ(terminal.printed, "./mi.json: valid; monitors: 1, disabled: 1, mail recipients: 0\n");
    EXPECT_EQ(terminal.errors, "");
}

TEST(ValidateCommand, MarksWarningsAndAcceptsThem) {
    const ConfigurationFile file = file_with(R"({"language": "en",
        "websites": {"Uno": "http://h/"}, "email": {"smtp_server": "m", "smtp_use_tls": false,
        "sender_email": "a@b.c", "sender_password": "secreta", "recipient_emails": "a@b.c"}})");
    RecordingTerminal terminal;
    EXPECT_EQ(validate(file, read_configuration(file, Language::es), terminal), kExitOk);
    EXPECT_THAT(terminal.errors, HasSubstr(": /email"));
    EXPECT_THAT(terminal.errors, HasSubstr(": warning: "));
}

TEST(DescriptorBudget, LeavesRoomAndStaysUnderItsBound) {
    constexpr std::uint64_t kInfinite = std::numeric_limits<std::uint64_t>::max();
    const struct {
        std::uint64_t limit;
        std::size_t monitors;
        std::size_t in_flight;
        bool enough;
        std::uint64_t needed;
    } rows[] = {
        {1'024, 10, 320, true, 94},
        {1'024, 320, 320, true, 1'024},
        {1'024, 321, 320, false, 1'027},
        {48, 120, 8, false, 424},
        {0, 1, 1, false, 67},
        {48, 1, 8, true, 67},
        {kInfinite, 100'000, 20'000, true, 60'064},
        {60'063, 100'000, 19'999, false, 60'064},
    };
    for (const auto& row : rows) {
        const DescriptorBudget budget = descriptor_budget(row.limit, row.monitors);
        EXPECT_EQ(budget.max_in_flight, row.in_flight) << row.limit;
        EXPECT_EQ(budget.enough, row.enough) << row.limit;
        EXPECT_EQ(budget.needed, row.needed) << row.limit;
    }
}

}  // namespace
}  // namespace vigia
