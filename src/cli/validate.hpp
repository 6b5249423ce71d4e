#pragma once

#include "cli/configuration.hpp"
#include "cli/terminal.hpp"

namespace vigia {

/// `vigia validate`: prints every error and warning of a reading to standard error, or on success
/// what the file holds. Returns the exit status.
int validate(const ConfigurationFile& file, const ConfigurationReading& reading,
             Terminal& terminal);

}  // namespace vigia
