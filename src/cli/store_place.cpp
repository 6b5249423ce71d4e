#include "cli/store_place.hpp"

#include "base/text.hpp"
#include "cli/phrase.hpp"
#include "store/store.hpp"

#include <filesystem>

namespace vigia {

StorePlace store_place(const StorageSettings& settings, std::string_view state_directories,
                       std::string_view directory) {
    if (!settings.path.empty()) return {settings.path, true};
    const std::string_view state = state_directories.substr(0, state_directories.find(':'));
    const std::filesystem::path parent(state.empty() ? directory : state);
    return {(parent / "vigia.db").string(), false};
}

std::string describe_store_error(const Error& error, const std::string& path,
                                 const Catalog& catalog) {
    const std::string name = escape_line(path);
    const std::string detail = escape_line(catalog.text(error.detail));
    if (error.code == make_error_code(StoreErrc::held)) {
        return phrase(
            catalog,
            N_("{}: another running vigia has this store: stop that one, or give this one "
               "a \"storage.path\" of its own"),
            name);
    }
    if (error.code == make_error_code(StoreErrc::foreign)) {
        return phrase(
            catalog,
            N_("{}: this is no store of vigia, or its beginning is damaged; it is left as "
               "it is: set another \"storage.path\", or bring back a copy"),
            name);
    }
    if (error.code == make_error_code(StoreErrc::damaged)) {
        return phrase(
            catalog,
            N_("{}: the store is damaged ({}); it is left as it is: bring back a copy, or "
               "move it away to begin with an empty one"),
            name, detail);
    }
    if (error.code == make_error_code(StoreErrc::newer)) {
        return phrase(catalog,
                      N_("{}: the store is of a newer vigia (version {} of its tables); it is left "
                         "as it is: run that vigia, or bring back the copy made before"),
                      name, detail);
    }
    if (error.code == make_error_code(StoreErrc::older)) {
        return phrase(catalog,
                      N_("{}: the store is of an older vigia (version {} of its tables): the next "
                         "“vigia run” brings it up to date"),
                      name, detail);
    }
    if (error.code == make_error_code(StoreErrc::absent)) {
        return phrase(catalog,
                      N_("{}: there is no store: vigia has not run with this configuration, or "
                         "under a STATE_DIRECTORY that is not set here"),
                      name);
    }
    return phrase(catalog, N_("{}: the store cannot be opened: {}"), name, detail);
}

}  // namespace vigia
