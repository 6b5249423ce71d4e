#include "core/varint.hpp"

namespace vigia {

namespace {

constexpr unsigned kBitsPerByte = 7;
constexpr std::uint64_t kMore = 0x80;

}  // namespace

void put_varint(std::string& to, std::uint64_t number) {
    for (; number >= kMore; number >>= kBitsPerByte) {
        to.push_back(static_cast<char>((number & (kMore - 1)) | kMore));
    }
    to.push_back(static_cast<char>(number));
}

void put_signed_varint(std::string& to, std::int64_t number) {
    const std::uint64_t sign = number < 0 ? ~std::uint64_t{0} : 0;
    put_varint(to, (static_cast<std::uint64_t>(number) << 1U) ^ sign);
}

std::optional<std::uint64_t> VarintReader::take() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += kBitsPerByte) {
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        const std::uint64_t bits = byte & (kMore - 1);
        if (bits != 0 && (bits << shift) >> shift != bits) return std::nullopt;
        number |= bits << shift;
        if (byte < kMore) return number;
    }
    return std::nullopt;
}

std::optional<std::int64_t> VarintReader::take_signed() {
    const std::optional<std::uint64_t> number = take();
    if (!number) return std::nullopt;
    const std::uint64_t sign = (*number & 1U) != 0 ? ~std::uint64_t{0} : 0;
    return static_cast<std::int64_t>((*number >> 1U) ^ sign);
}

std::optional<std::uint64_t> VarintReader::take_at_most(std::uint64_t most) {
    const std::optional<std::uint64_t> number = take();
    if (!number || *number > most) return std::nullopt;
    return number;
}

}  // namespace vigia
