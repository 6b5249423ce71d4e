#pragma once

#include <cstdint>
#include <string_view>

namespace vigia {

/// FNV-1a, 64 bits, with the finaliser of MurmurHash3 (both public domain) so that every bit of
/// the result depends on every byte. Stable over versions and machines: phases and Message-IDs
/// hang on it. Not for hostile keys in hash tables.
constexpr std::uint64_t stable_hash(std::string_view bytes) {
    std::uint64_t h = 0xcbf29ce484222325U;
    for (const char c : bytes) {
        h ^= static_cast<unsigned char>(c);
        h *= 0x100000001b3U;
    }
    h ^= h >> 33U;
    h *= 0xff51afd7ed558ccdU;
    h ^= h >> 33U;
    h *= 0xc4ceb9fe1a85ec53U;
    h ^= h >> 33U;
    return h;
}

}  // namespace vigia
