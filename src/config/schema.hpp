#pragma once

#include <string_view>

namespace vigia {

/// The JSON Schema (draft 2020-12) of the configuration, config/schema.json, linked into the
/// program by the build.
std::string_view schema_text();

}  // namespace vigia
