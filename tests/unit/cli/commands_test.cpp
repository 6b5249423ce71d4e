#include "cli/check.hpp"
#include "cli/exit_status.hpp"
#include "cli/notify_test.hpp"
#include "cli/run.hpp"
#include "store/memory_store.hpp"
#include "tests/unit/cli/samples.hpp"
#include "tests/unit/cli/world.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace vigia {
namespace {

using cli_test::config_of;
using cli_test::StagedSignals;
using cli_test::World;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Catalog kEnglish(Language::en);

constexpr std::string_view kThree = R"({
    "language": "en",
    "websites": {
        "Uno": "http://uno.test/",
        "Dos": {"url": "http://dos.test/", "enabled": false},
        "Tres": {"url": "http://tres.test/", "id": "tercero"}
    },
    "logging_settings": {"enable_file_logging": false}
})";

std::vector<std::string> names_of(const Selection& selection) {
    std::vector<std::string> names;
    for (const MonitorPtr& monitor : selection.monitors) names.push_back(monitor->name);
    return names;
}

TEST(SelectMonitors, FindsByNameOrIdInTheOrderOfTheFile) {
    const Config config = config_of(kThree);
    EXPECT_THAT(names_of(select_monitors(config, {}, kEnglish)), ElementsAre("Uno", "Tres"));
    EXPECT_THAT(names_of(select_monitors(config, {"tercero", "Uno", "Uno", "site-uno"}, kEnglish)),
                ElementsAre("Uno", "Tres"));
    EXPECT_THAT(names_of(select_monitors(config, {"Dos"}, kEnglish)), ElementsAre("Dos"));
}

TEST(SelectMonitors, TellsEveryUnknownNameOnceWithTheNearest) {
    const Config config = config_of(kThree);
    const Selection selection =
        select_monitors(config, {"tercro", "Uno", "Nobody at all", "tercro"}, kEnglish);
    EXPECT_THAT(selection.unknown,
                ElementsAre("no monitor has the name or id tercro (did you mean tercero?)",
                            "no monitor has the name or id Nobody at all"));
}

CheckRequest request_for(std::string_view text, bool json = false) {
    const Config config = config_of(text);
    CheckRequest request;
    request.monitors = select_monitors(config, {}, kEnglish).monitors;
    request.language = config.language;
    request.json = json;
    return request;
}

TEST(CheckCommand, PrintsTheTableInTheOrderOfTheFileAndLogsNothing) {
    World world;
    EXPECT_EQ(world.run(check(world.env, world.terminal, request_for(kThree))), kExitOk);
    const std::string& shown = world.terminal.printed;
    EXPECT_LT(shown.find("Uno"), shown.find("Tres"));
    EXPECT_THAT(shown, HasSubstr("Checked: 2 · up: 2"));
    EXPECT_THAT(world.log.lines, IsEmpty());
    EXPECT_EQ(world.terminal.errors, "");
}

TEST(CheckCommand, RetriesBeforeItSaysDown) {
    World world;
    HttpExchange refused;
    refused.failure = Reason{Phase::connect, ReasonCode::connection_refused, 0, ""};
    world.http.answers["http://uno.test/"] = refused;
    EXPECT_EQ(world.run(check(world.env, world.terminal, request_for(kThree, true))), kExitFailed);
    EXPECT_EQ(world.http.fetches, 4U) << "three attempts and one";
    EXPECT_THAT(world.terminal.printed, HasSubstr(R"("attempts":3)"));
    EXPECT_THAT(world.terminal.printed, HasSubstr(R"("code":"connection_refused")"));
}

TEST(CheckCommand, IsBoundedInWhatItDoesAtOnce) {
    World world;
    std::string text = R"({"websites": {)";
    for (int i = 0; i < 100; ++i) {
        text += fmt::format(R"("W{0}": "http://h{0}.test/",)", i);
    }
    CheckRequest request = request_for(text + "}}");
    request.max_in_flight = 7;
    EXPECT_EQ(world.run(check(world.env, world.terminal, std::move(request))), kExitOk);
    EXPECT_EQ(world.http.fetches, 100U);
    EXPECT_EQ(world.http.most_at_once, 7U);
}

TEST(CheckCommand, ShowsItsProgressOnATerminalAndWipesItAway) {
    World world;
    world.terminal.how.progress = true;
    world.run(check(world.env, world.terminal, request_for(kThree)));
    EXPECT_THAT(world.terminal.errors, HasSubstr("Checking… 0 of 2"));
    EXPECT_TRUE(world.terminal.errors.ends_with("\r\x1b[K"));
}

EmailChannel channel(std::vector<std::string> recipients) {
    EmailChannel email;
    email.server.host = "mail.test";
    email.sender = "vigia@example.org";
    email.recipients = std::move(recipients);
    return email;
}

TEST(NotifyTestCommand, TellsTheOutcomeOfEachRecipient) {
    World world;
    DeliveryOutcome refusal;
    refusal.failure = DeliveryFailure::rejected_recipient;
    refusal.detail = "550 no such user";
    world.mailer.outcomes["eva@example.org"] = refusal;
    const int status = world.run(notify_test(
        world.env, world.terminal, channel({"ana@example.org", "eva@example.org"}), Language::es));
    EXPECT_EQ(status, kExitFailed);
    EXPECT_THAT(world.terminal.printed,
                HasSubstr("Correo enviado exitosamente a ana@example.org\n"));
    EXPECT_THAT(world.terminal.printed, HasSubstr("Error enviando correo a eva@example.org: "));
    EXPECT_THAT(world.terminal.printed, HasSubstr("550 no such user"));
    ASSERT_EQ(world.mailer.messages.size(), 2U);
    EXPECT_NE(world.mailer.messages[0].message_id, world.mailer.messages[1].message_id);
}

TEST(NotifyTestCommand, SucceedsIfAllAreAcceptedAndIsUniqueEachTime) {
    World world;
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(world.run(notify_test(world.env, world.terminal, channel({"ana@example.org"}),
                                        Language::en)),
                  kExitOk);
    }
    EXPECT_NE(world.mailer.messages[0].message_id, world.mailer.messages[1].message_id);
}

TEST(NotifyTestCommand, GoesOnInOrderAndTriesEverybodyEvenIfTheServerIsDown) {
    World world;
    DeliveryOutcome down;
    down.failure = DeliveryFailure::unreachable;
    const std::vector<std::string> everybody{"a@x.org", "b@x.org", "c@x.org", "d@x.org"};
    world.mailer.outcomes["b@x.org"] = down;
    EXPECT_EQ(world.run(notify_test(world.env, world.terminal, channel(everybody), Language::en)),
              kExitFailed);
    std::vector<std::string> tried;
    for (const MailMessage& message : world.mailer.messages) tried.push_back(message.to);
    EXPECT_EQ(tried, everybody);
}

TEST(NotifyTestCommand, FailsWithoutAChannel) {
    World world;
    EXPECT_EQ(world.run(notify_test(world.env, world.terminal, std::nullopt, Language::es)),
              kExitFailed);
    EXPECT_EQ(world.terminal.errors, "No hay ningún canal de notificación configurado.\n");
}

/// Writes down what it is told.
class RecordingSupervisor final : public Supervisor {
public:
    void ready() override { told.emplace_back("ready"); }
    void reloading() override { told.emplace_back("reloading"); }
    void stopping() override { told.emplace_back("stopping"); }
    void alive() override { ++beats; }
    std::optional<Duration> patience() const override { return wanted; }

    std::optional<Duration> wanted;
    std::vector<std::string> told;
    int beats = 0;
};

RunRequest run_request(std::string_view text) {
    RunRequest request;
    request.config = config_of(text);
    request.file = "config.json";
    request.renew_log = [](const LoggingSettings&, const Catalog&) {};
    return request;
}

TEST(RunCommand, ChecksUntilStoppedAndSumsUp) {
    World world;
    MemoryStore store;
    RecordingSupervisor nobody;
    StagedSignals signals(world.clock, {{minutes(10), OperatorSignal::stop}});
    RunRequest request = run_request(kThree);
    request.no_store = "/etc/vigia/vigia.db: no room";
    request.warnings = {"config.json:1:1: a remark"};
    EXPECT_EQ(world.run(run(world.env, store, signals, nobody, std::move(request))), kExitOk);
    EXPECT_EQ(world.log.lines.front(), "INFO Starting service monitor");
    EXPECT_TRUE(world.log.has("WARNING config.json:1:1: a remark"));
    EXPECT_TRUE(world.log.has("WARNING /etc/vigia/vigia.db: no room; states"));
    EXPECT_FALSE(world.log.has("descriptors"));
    EXPECT_THAT(world.log.lines.back(), HasSubstr("INFO Summary: checks 2"));
}

TEST(RunCommand, KeepsItsSupervisorInformed) {
    World world;
    MemoryStore store;
    RecordingSupervisor supervisor;
    supervisor.wanted = seconds(20);
    StagedSignals signals(
        world.clock, {{minutes(1), OperatorSignal::reload}, {minutes(2), OperatorSignal::stop}});
    RunRequest request = run_request(kThree);
    request.read_again = [](Language) {
        ConfigurationReading reading;
        reading.config = config_of(kThree);
        return reading;
    };
    world.run(run(world.env, store, signals, supervisor, std::move(request)));
    EXPECT_EQ(supervisor.told,
              (std::vector<std::string>{"ready", "reloading", "ready", "stopping"}));
    EXPECT_EQ(supervisor.beats, 13) << "one at the start, then every 10 s";
}

TEST(RunCommand, WarnsOfALowDescriptorLimit) {
    World world;
    MemoryStore store;
    RecordingSupervisor nobody;
    StagedSignals signals(world.clock, {});
    RunRequest request = run_request(kThree);
    request.descriptors = 4;
    world.run(run(world.env, store, signals, nobody, std::move(request)));
    EXPECT_TRUE(world.log.has("WARNING The limit of 4 open file descriptors is low for 2"));
}

TEST(RunCommand, SaysThatAReloadDoesNotMoveTheStore) {
    World world;
    MemoryStore store;
    RecordingSupervisor nobody;
    StagedSignals signals(world.clock, {{seconds(70), OperatorSignal::reload},
                                        {seconds(140), OperatorSignal::reload},
                                        {seconds(210), OperatorSignal::stop}});
    RunRequest request = run_request(kThree);
    request.read_again = [](Language) {
        ConfigurationReading reading;
        reading.config = config_of(kThree);
        reading.config->storage.path = "/srv/elsewhere.db";
        return reading;
    };
    EXPECT_EQ(world.run(run(world.env, store, signals, nobody, std::move(request))), kExitOk);
    EXPECT_EQ(std::ranges::count(world.log.lines,
                                 "WARNING \"storage\" has changed: that takes effect at the next "
                                 "start"),
              1);
}

/// A store that cannot be read.
struct UnreadableStore final : Store {
    boost::asio::awaitable<Result<void>> commit(Batch) override { co_return Result<void>(); }
    Result<StoredState> load() override {
        return Error{make_error_code(StoreErrc::damaged), "page 7"};
    }
};

TEST(RunCommand, FailsIfTheStoreCannotBeRead) {
    World world;
    UnreadableStore store;
    RecordingSupervisor nobody;
    StagedSignals signals(world.clock, {});
    RunRequest request = run_request(kThree);
    request.store_name = "vigia.db";
    EXPECT_EQ(world.run(run(world.env, store, signals, nobody, std::move(request))), kExitFailed);
    EXPECT_TRUE(world.log.has("CRITICAL vigia.db: the store is damaged (page 7)"));
}

TEST(RunCommand, ReloadsAndKeepsWhatRunsIfTheFileIsBad) {
    World world;
    MemoryStore store;
    RecordingSupervisor nobody;
    StagedSignals signals(world.clock, {{seconds(70), OperatorSignal::reload},
                                        {seconds(140), OperatorSignal::reload},
                                        {seconds(210), OperatorSignal::stop}});
    RunRequest request = run_request(kThree);
    int renewed = 0;
    request.renew_log = [&renewed](const LoggingSettings&, const Catalog&) { ++renewed; };
    int readings = 0;
    request.read_again = [&readings](Language language) {
        ConfigurationFile file;
        file.name = "config.json";
        file.sources = cli_test::no_sources();
        const std::string text = ++readings == 1
                                     ? R"({"language": "en", "websites": {"A": 1, "B": 2, "C": 3,
                                           "D": 4}})"
                                     : R"({"websites": {"Nuevo": "http://nuevo.test/"}})";
        file.read = [text](const std::string&) -> Result<std::string> { return text; };
        return read_configuration(file, language);
    };
    EXPECT_EQ(world.run(run(world.env, store, signals, nobody, std::move(request))), kExitOk);
    EXPECT_TRUE(
        world.log.has("ERROR config.json: not reloaded, the running configuration stays: "
                      "config.json:1:38: /websites/A: "));
    EXPECT_TRUE(world.log.has("; and 1 more"));
    EXPECT_TRUE(world.log.has("Configuración recargada: +1 ~0 -2 =0"));
    EXPECT_TRUE(world.log.has("Verificando sitio web: Nuevo"));
    EXPECT_EQ(renewed, 2) << "the log file is opened again either way";
}

}  // namespace
}  // namespace vigia
