#include "cli/validate.hpp"

#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "cli/phrase.hpp"

namespace vigia {

int validate(const ConfigurationFile& file, const ConfigurationReading& reading,
             Terminal& terminal) {
    const Catalog catalog(reading.language);
    if (reading.config) {
        for (ConfigProblem problem : reading.config->warnings) {
            problem.message = phrase(catalog, N_("warning: {}"), problem.message);
            terminal.error(format_problem(file.name, problem) + "\n");
        }
    }
    if (reading.state != ConfigurationState::good) {
        print_errors(reading, terminal);
        return kExitBadInput;
    }
    const std::size_t enabled = reading.config->enabled_monitors();
    const std::size_t recipients =
        reading.config->email ? reading.config->email->recipients.size() : 0;
    terminal.out(phrase(catalog, N_("{}: valid; monitors: {}, disabled: {}, mail recipients: {}"),
                        escape_line(file.name), enabled, reading.config->monitors.size() - enabled,
                        recipients) +
                 "\n");
    return kExitOk;
}

}  // namespace vigia
