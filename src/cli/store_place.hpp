#pragma once

#include "base/i18n.hpp"
#include "base/result.hpp"
#include "config/config.hpp"

#include <string>
#include <string_view>

namespace vigia {

/// Where `run` keeps its store.
struct StorePlace {
    std::string path;
    bool configured = false;  ///< by `storage.path`: then nothing takes its place
};

/// `storage.path`; else vigia.db in the first directory of `state_directories` (systemd's
/// STATE_DIRECTORY, divided by colons), else in `directory`, the configuration's.
StorePlace store_place(const StorageSettings& settings, std::string_view state_directories,
                       std::string_view directory);

/// Why a store cannot be used, and what to do about it. `error` is one of StoreErrc.
std::string describe_store_error(const Error& error, const std::string& path,
                                 const Catalog& catalog);

}  // namespace vigia
