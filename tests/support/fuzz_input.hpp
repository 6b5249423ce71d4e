#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::test {

/// A fuzzer's input, taken apart from the front: what chooses first, then what is chosen for. What
/// is behind its end is zero, or empty. Views what it is given.
class FuzzInput {
public:
    FuzzInput(const std::uint8_t* bytes, std::size_t size)
        : rest_(reinterpret_cast<const char*>(bytes), size) {}

    bool empty() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }

    unsigned byte() {
        if (rest_.empty()) return 0;
        const auto value = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }

    /// Up to the next NUL, which is left out.
    std::string_view field() {
        const std::size_t end = std::min(rest_.find('\0'), rest_.size());
        const std::string_view value = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return value;
    }

private:
    std::string_view rest_;
};

/// Bytes that tell their place in what is sent, of which `size` are wanted: at most 1 MiB.
inline std::string_view numbered_bytes(std::size_t from, std::size_t size) {
    constexpr std::size_t kMost = std::size_t{2} << 20U;
    static const std::string bytes = [] {
        std::string made(kMost, '\0');
        for (std::size_t i = 0; i < kMost; ++i) {
            made[i] = static_cast<char>(i * 31 + i / 256 + i / 65536);
        }
        return made;
    }();
    return std::string_view(bytes).substr(from % (kMost / 2), size);
}

using FuzzPiece = std::vector<char>;

/// `bytes` cut into pieces of the sizes in `cuts`, over and over; one piece if there are none. Each
/// in memory of its own, so that a sanitizer sees who reads beyond its end.
inline std::vector<FuzzPiece> pieces_of(std::string_view bytes, std::string_view cuts) {
    std::vector<FuzzPiece> pieces;
    for (std::size_t i = 0; !bytes.empty(); ++i) {
        const std::size_t size =
            cuts.empty() ? bytes.size() : static_cast<unsigned char>(cuts[i % cuts.size()]);
        const std::string_view piece = bytes.substr(0, std::max<std::size_t>(size, 1));
        pieces.emplace_back(piece.begin(), piece.end());
        bytes.remove_prefix(piece.size());
    }
    return pieces;
}

}  // namespace vigia::test
