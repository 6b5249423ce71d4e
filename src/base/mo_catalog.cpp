#include "base/mo_catalog.hpp"

#include <cstdint>
#include <cstring>

namespace vigia {
namespace {

constexpr std::uint32_t kMagic = 0x950412deU;
constexpr std::uint64_t kHeaderSize = 28;
constexpr std::uint64_t kEntrySize = 8;  // length, offset

constexpr std::uint32_t swap_bytes(std::uint32_t v) {
    return (v << 24U) | ((v & 0xff00U) << 8U) | ((v >> 8U) & 0xff00U) | (v >> 24U);
}

/// Bounds-checked view of a catalogue. Offsets are 64 bits wide so that no sum of two 32-bit
/// numbers from the file can wrap.
class MoReader {
public:
    explicit MoReader(std::span<const std::byte> data) : data_(data) {}

    /// False if this is no catalogue that can be searched.
    bool open() {
        if (data_.size() < kHeaderSize) return false;
        const std::uint32_t magic = word(0);
        swapped_ = magic == swap_bytes(kMagic);
        if (magic != kMagic && !swapped_) return false;
        if ((word(4) >> 16U) > 1) return false;
        count_ = word(8);
        ids_ = word(12);
        translations_ = word(16);
        return fits(ids_, count_ * kEntrySize) && fits(translations_, count_ * kEntrySize);
    }

    std::uint64_t count() const { return count_; }
    std::optional<std::string_view> id(std::uint64_t index) const { return text(ids_, index); }
    std::optional<std::string_view> translation(std::uint64_t index) const {
        return text(translations_, index);
    }

private:
    bool fits(std::uint64_t offset, std::uint64_t length) const {
        return offset <= data_.size() && length <= data_.size() - offset;
    }

    /// Precondition: fits(offset, 4).
    std::uint32_t word(std::uint64_t offset) const {
        std::uint32_t value = 0;
        std::memcpy(&value, data_.data() + offset, sizeof value);
        return swapped_ ? swap_bytes(value) : value;
    }

    /// The string that entry `index` < count() of `table` points to, up to its first NUL.
    std::optional<std::string_view> text(std::uint64_t table, std::uint64_t index) const {
        const std::uint64_t entry = table + index * kEntrySize;
        const std::uint64_t length = word(entry);
        const std::uint64_t offset = word(entry + 4);
        if (!fits(offset, length)) return std::nullopt;
        // The one place where bytes become characters: char may alias anything.
        const std::string_view whole(reinterpret_cast<const char*>(data_.data() + offset), length);
        return whole.substr(0, whole.find('\0'));
    }

    std::span<const std::byte> data_;
    bool swapped_ = false;
    std::uint64_t count_ = 0;
    std::uint64_t ids_ = 0;
    std::uint64_t translations_ = 0;
};

}  // namespace

std::optional<std::string_view> find_translation(std::span<const std::byte> catalog,
                                                 std::string_view msgid) {
    MoReader reader(catalog);
    if (!reader.open()) return std::nullopt;
    std::uint64_t low = 0;
    std::uint64_t high = reader.count();
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        const std::optional<std::string_view> id = reader.id(middle);
        if (!id) return std::nullopt;
        const int order = id->compare(msgid);
        if (order == 0) {
            const std::optional<std::string_view> found = reader.translation(middle);
            return found && !found->empty() ? found : std::nullopt;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return std::nullopt;
}

}  // namespace vigia
