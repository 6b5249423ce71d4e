#include "cli/configuration.hpp"

#include "base/text.hpp"
#include "cli/phrase.hpp"

#include <utility>

namespace vigia {

namespace {

ConfigurationReading unread(const std::string& file, const Error& error, const Catalog& catalog) {
    ConfigurationReading reading;
    reading.language = catalog.language();
    if (error.code == boost::system::errc::no_such_file_or_directory) {
        reading.state = ConfigurationState::missing;
        reading.errors.push_back(
            phrase(catalog, N_("{}: the configuration file does not exist"), escape_line(file)));
        reading.errors.emplace_back(catalog.text(N_("No services are configured to monitor.")));
    } else {
        reading.state = ConfigurationState::unreadable;
        reading.errors.push_back(phrase(catalog, N_("{}: the configuration cannot be read: {}"),
                                        escape_line(file), error.detail));
    }
    return reading;
}

}  // namespace

ConfigurationReading read_configuration(const ConfigurationFile& file, Language fallback) {
    const Result<std::string> text = file.read(file.name);
    if (!text) return unread(file.name, text.error(), Catalog(fallback));

    ConfigOutcome outcome = parse_config(*text, file.sources, fallback);
    ConfigurationReading reading;
    reading.language = outcome.language;
    reading.config = std::move(outcome.config);
    for (const ConfigProblem& problem : outcome.errors) {
        reading.errors.push_back(format_problem(file.name, problem));
    }
    if (!reading.config) {
        reading.state = ConfigurationState::invalid;
        return reading;
    }
    for (const ConfigProblem& problem : reading.config->warnings) {
        reading.warnings.push_back(format_problem(file.name, problem));
    }
    if (reading.config->enabled_monitors() == 0) {
        reading.state = ConfigurationState::nothing_to_monitor;
        reading.errors.emplace_back(
            Catalog(reading.language).text(N_("No services are configured to monitor.")));
    }
    return reading;
}

void print_errors(const ConfigurationReading& reading, Terminal& terminal) {
    std::string lines;
    for (const std::string& error : reading.errors) lines += error + "\n";
    terminal.error(lines);
}

}  // namespace vigia
