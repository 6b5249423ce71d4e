#pragma once

#include "config/config.hpp"

#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vigia::testing {

/// The world of a configuration: files and variables that a test invents.
struct FakeSources {
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> variables;
    std::map<std::string, std::string> ascii_hosts;  ///< by the name as it is written
    std::string base_directory = "/etc/vigia";

    /// Valid while this lives.
    ConfigSources sources() const {
        const auto look_up = [](const std::map<std::string, std::string>& in) {
            return [&in](const std::string& key) -> std::optional<std::string> {
                const auto found = in.find(key);
                if (found == in.end()) return std::nullopt;
                return found->second;
            };
        };
        const auto ascii_host = [this](std::string_view host) -> std::optional<std::string> {
            const auto found = ascii_hosts.find(std::string(host));
            if (found == ascii_hosts.end()) return std::nullopt;
            return found->second;
        };
        return {look_up(files), look_up(variables), ascii_host, base_directory};
    }
};

inline ConfigOutcome read(std::string_view text, const FakeSources& world = {},
                          Language fallback = Language::en) {
    return parse_config(text, world.sources(), fallback);
}

/// All the errors, as a user sees them.
inline std::string shown(const std::vector<ConfigProblem>& problems) {
    std::string out;
    for (const ConfigProblem& problem : problems) out += format_problem("f", problem) + "\n";
    return out;
}

/// The configuration of a text that must be good.
inline Config good(std::string_view text, const FakeSources& world = {}) {
    ConfigOutcome outcome = read(text, world);
    EXPECT_TRUE(outcome.config.has_value()) << text << "\n" << shown(outcome.errors);
    return outcome.config.value_or(Config{});
}

/// The errors of a text, in English, that must be bad.
inline std::vector<ConfigProblem> bad(std::string_view text, const FakeSources& world = {}) {
    const ConfigOutcome outcome = read(text, world);
    EXPECT_FALSE(outcome.config.has_value()) << text;
    EXPECT_FALSE(outcome.errors.empty()) << text;
    return outcome.errors;
}

/// The one website of `{"url": "https://x.example", MEMBERS}`.
inline Monitor website(const std::string& members, const FakeSources& world = {}) {
    const Config config =
        good(R"({"websites": {"W": {"url": "https://x.example", )" + members + "}}}", world);
    return config.monitors.empty() ? Monitor{} : *config.monitors.front();
}

inline const HttpTarget& http(const Monitor& monitor) {
    return std::get<HttpTarget>(monitor.target);
}

/// A mistake: where it must be found, and a part of what must be said.
struct Mistake {
    const char* what;
    std::string text;
    std::size_t line;
    std::size_t column;
    std::string pointer;
    std::string says;
};

/// Each text has exactly the one error that its row tells.
inline void expect_mistakes(const std::vector<Mistake>& rows, const FakeSources& world = {}) {
    for (const Mistake& row : rows) {
        SCOPED_TRACE(std::string(row.what) + ": " + row.text);
        const std::vector<ConfigProblem> errors = bad(row.text, world);
        ASSERT_EQ(errors.size(), 1U) << shown(errors);
        EXPECT_EQ(errors[0].line, row.line) << errors[0].message;
        EXPECT_EQ(errors[0].column, row.column) << errors[0].message;
        EXPECT_EQ(errors[0].pointer, row.pointer);
        EXPECT_NE(errors[0].message.find(row.says), std::string::npos) << errors[0].message;
    }
}

/// The same for the value V of `"websites": {"W": V}`, whose column counts from V.
inline std::vector<Mistake> in_website(std::vector<Mistake> rows) {
    const std::string before = R"({"language": "en", "websites": {"W": )";
    for (Mistake& row : rows) {
        row.text = before + row.text + "}}";
        row.column += before.size();
        row.pointer = "/websites/W" + row.pointer;
    }
    return rows;
}

/// The same for the value V of a section.
inline std::vector<Mistake> in_section(const std::string& section, std::vector<Mistake> rows) {
    const std::string before = R"({"language": "en", ")" + section + "\": ";
    for (Mistake& row : rows) {
        row.text = before + row.text + "}";
        row.column += before.size();
        row.pointer = "/" + section + row.pointer;
    }
    return rows;
}

}  // namespace vigia::testing
