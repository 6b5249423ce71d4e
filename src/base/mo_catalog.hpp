#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace vigia {

/// Looks `msgid` up in a compiled GNU gettext catalogue (.mo, either byte order, revision 0 or 1).
/// Nothing if it is not there, if its translation is empty, or if the bytes that lead to it are
/// damaged: whatever `catalog` holds, nothing outside of it is read. The result points into
/// `catalog`; of a plural entry it is the first form. The empty msgid finds the catalogue's header.
std::optional<std::string_view> find_translation(std::span<const std::byte> catalog,
                                                 std::string_view msgid);

}  // namespace vigia
