#pragma once

#include "base/i18n.hpp"

#include <fmt/format.h>
#include <string>
#include <string_view>

namespace vigia {

/// The translation of `msgid`, a fmt format string, with its places filled in.
template <class... Args>
std::string phrase(const Catalog& catalog, std::string_view msgid, const Args&... args) {
    return fmt::format(fmt::runtime(catalog.text(msgid)), args...);
}

}  // namespace vigia
