#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vigia {

/// Numbers as bytes, seven bits a byte, the lowest first (LEB128): small numbers take one.
void put_varint(std::string& to, std::uint64_t number);
/// The same of a signed number: 0, -1, 1, -2, … become 0, 1, 2, 3, ….
void put_signed_varint(std::string& to, std::int64_t number);

/// Takes such numbers from the front of hostile bytes, which must outlive it.
class VarintReader {
public:
    explicit VarintReader(std::string_view bytes) : rest_(bytes) {}

    /// Nothing: the bytes end first, or it takes more than 64 bits.
    std::optional<std::uint64_t> take();
    std::optional<std::int64_t> take_signed();
    /// take(), and nothing if it is more than `most`.
    std::optional<std::uint64_t> take_at_most(std::uint64_t most);
    bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

}  // namespace vigia
