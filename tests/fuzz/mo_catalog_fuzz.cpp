// Compiled catalogues: whatever the bytes, a lookup reads inside of them (the sanitizer sees to
// that) and what it finds lies inside of them. First byte: length of the message id; then the id;
// the rest is the catalogue.

#include "base/assert.hpp"
#include "base/mo_catalog.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

void look_up(std::span<const std::byte> catalog, std::string_view msgid) {
    const std::optional<std::string_view> found = vigia::find_translation(catalog, msgid);
    if (!found) return;
    VIGIA_ASSERT(!found->empty());
    VIGIA_ASSERT(found->find('\0') == std::string_view::npos);
    const auto* begin = reinterpret_cast<const char*>(catalog.data());
    VIGIA_ASSERT(std::greater_equal<>{}(found->data(), begin));
    VIGIA_ASSERT(std::less_equal<>{}(found->data() + found->size(), begin + catalog.size()));
    VIGIA_ASSERT(vigia::find_translation(catalog, msgid) == found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t id_length = std::min<std::size_t>(bytes[0], size - 1);
    const std::string msgid(reinterpret_cast<const char*>(bytes + 1), id_length);
    // A copy of its own, so that the allocation ends where the catalogue does.
    const auto* rest = reinterpret_cast<const std::byte*>(bytes + 1 + id_length);
    const std::vector<std::byte> catalog(rest, rest + (size - 1 - id_length));
    look_up(catalog, msgid);
    look_up(catalog, "");
    look_up(catalog, "connection refused");
    look_up(catalog, "\xff\xff");
    return 0;
}
