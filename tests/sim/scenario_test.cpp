#include "sim/scenario.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace vigia::sim {
namespace {

std::vector<std::string> scenario_files() {
    std::vector<std::string> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(VIGIA_SOURCE_DIR "/tests/sim/scenarios")) {
        if (entry.path().extension() == ".json") files.push_back(entry.path().stem().string());
    }
    std::ranges::sort(files);
    return files;
}

Scenario read(const std::string& name) {
    const std::string file = "tests/sim/scenarios/" + name + ".json";
    std::ifstream in(std::string(VIGIA_SOURCE_DIR "/") + file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    return read_scenario(file, text);
}

class ScenarioFile : public testing::TestWithParam<std::string> {};

TEST_P(ScenarioFile, HoldsTheInvariantsAndEndsAsExpectedTwiceInTheSameWay) {
    const Scenario scenario = read(GetParam());
    const Report report = World(scenario.script).run();
    EXPECT_TRUE(report.findings.empty()) << describe(report, scenario.script);
    for (const std::string& difference : differences(scenario.expected, report)) {
        ADD_FAILURE() << difference << "\n    again: " << scenario.script.reproduce;
    }
    const Report again = World(scenario.script).run();
    EXPECT_EQ(again.hash, report.hash);
    EXPECT_EQ(again.last_draw, report.last_draw);
}

TEST_P(ScenarioFile, GoesTheSameWayOnADisk) {
    Scenario scenario = read(GetParam());
    const bool loses_power = std::exchange(scenario.script.on_disk, false);
    const Report in_memory = World(scenario.script).run();
    scenario.script.on_disk = true;
    const Report on_disk = World(scenario.script).run();
    EXPECT_TRUE(on_disk.findings.empty()) << describe(on_disk, scenario.script);
    if (!loses_power) {
        EXPECT_EQ(on_disk.hash, in_memory.hash);
    }
}

INSTANTIATE_TEST_SUITE_P(Files, ScenarioFile, testing::ValuesIn(scenario_files()),
                         [](const auto& tested) {
                             std::string name;
                             bool start = true;
                             for (const char c : tested.param) {
                                 if (c != '-')
                                     name += start ? static_cast<char>(std::toupper(c)) : c;
                                 start = c == '-';
                             }
                             return name;
                         });

TEST(Scenario, EveryMistakeInAFileIsNamedWithItsPlace) {
    const char* const text = R"({
        "config": {},
        "targets": {"http://a.sim/": {"5 apples": "up", "5m": "sulking"}},
        "mail": [{"from": "1m", "fault": "strike"}],
        "events": [{"at": "1m"}],
        "surprise": 1
    })";
    try {
        read_scenario("bad.json", text);
        FAIL() << "accepted";
    } catch (const std::invalid_argument& error) {
        const std::string said = error.what();
        for (const char* part : {"bad.json:3:", "not a duration", "not a behaviour", "bad.json:4:",
                                 "not a fault", "bad.json:5:", "no event", "bad.json:6:"}) {
            EXPECT_NE(said.find(part), std::string::npos) << part << " in:\n" << said;
        }
    }
}

TEST(Scenario, WhatDoesNotMatchIsToldApart) {
    Expectations expected;
    expected.mails.push_back({"alert", "ana@people.sim", "Web", 1});
    expected.health["Web"] = "down";
    expected.dead_letters = 1;
    Report report;
    report.mails.push_back({{}, "ana@people.sim", "<1@x>", "", "🟢 RECUPERADO: Servicio Web"});
    report.health["Web"] = Health::up;
    EXPECT_EQ(differences(expected, report).size(), 4U);
}

}  // namespace
}  // namespace vigia::sim
