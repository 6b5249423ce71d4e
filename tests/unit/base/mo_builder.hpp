#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vigia::base_test {

/// Writes .mo files by hand, in either byte order: what msgfmt would write, without its hash table.
class MoBuilder {
public:
    explicit MoBuilder(bool big_endian = false) : big_endian_(big_endian) {}

    MoBuilder& add(std::string id, std::string translation) {
        entries_[std::move(id)] = std::move(translation);
        return *this;
    }

    MoBuilder& revision(std::uint32_t value) {
        revision_ = value;
        return *this;
    }

    std::vector<std::byte> build() const {
        const auto n = static_cast<std::uint32_t>(entries_.size());
        const std::uint32_t ids = 28;
        const std::uint32_t translations = ids + 8 * n;
        std::vector<std::byte> out;
        for (const std::uint32_t v : {0x950412deU, revision_, n, ids, translations, 0U, 0U}) {
            word(out, v);
        }
        std::uint32_t at = translations + 8 * n;
        for (const auto& [id, translation] : entries_) at = entry(out, id, at);
        for (const auto& [id, translation] : entries_) at = entry(out, translation, at);
        for (const auto& [id, translation] : entries_) text(out, id);
        for (const auto& [id, translation] : entries_) text(out, translation);
        return out;
    }

    /// Overwrites the 32-bit number at `offset` of a built file.
    void poke(std::vector<std::byte>& file, std::size_t offset, std::uint32_t value) const {
        std::vector<std::byte> bytes;
        word(bytes, value);
        for (std::size_t i = 0; i < bytes.size(); ++i) file.at(offset + i) = bytes[i];
    }

private:
    void word(std::vector<std::byte>& out, std::uint32_t value) const {
        for (unsigned i = 0; i < 4; ++i) {
            const unsigned shift = big_endian_ ? 24 - 8 * i : 8 * i;
            out.push_back(static_cast<std::byte>((value >> shift) & 0xffU));
        }
    }

    std::uint32_t entry(std::vector<std::byte>& out, const std::string& s, std::uint32_t at) const {
        word(out, static_cast<std::uint32_t>(s.size()));
        word(out, at);
        return at + static_cast<std::uint32_t>(s.size()) + 1;
    }

    static void text(std::vector<std::byte>& out, const std::string& s) {
        for (const char c : s) out.push_back(static_cast<std::byte>(c));
        out.push_back(std::byte{0});
    }

    bool big_endian_;
    std::uint32_t revision_ = 0;
    std::map<std::string, std::string> entries_;
};

}  // namespace vigia::base_test
